package analysis

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/workflow"
)

// found lists commands as lines of text.
func found(commands []PinnedCommand) []string {
	out := []string{}
	for _, c := range commands {
		line := c.ProofType + ": " + strings.Join(c.Argv, " ") + " [" + c.Parser
		if c.Report != "" {
			line += " " + c.Report
		}
		out = append(out, line+"] "+c.Why)
	}
	return out
}

func none(string) bool { return false }
func all(string) bool  { return true }

func TestDetectCommands(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name      string
		files     map[string]string
		installed func(string) bool
		want      []string
	}{
		{"an empty folder", nil, all, []string{}},
		{
			"a Go module", map[string]string{"go.mod": "module x\n", "x.go": "package x\n", ".golangci.yml": "version: \"2\"\n"}, none,
			[]string{
				"build_output: go build ./... [exit] go.mod",
				"lint_output: go vet ./... [exit] go.mod",
				"test_output: go test -json ./... [gotest] go.mod",
				"coverage_report: go test -coverprofile=.layercake/tmp/cover.out ./... [gocover .layercake/tmp/cover.out] go.mod",
			},
		},
		{
			"a Go module with its tools", map[string]string{"go.mod": "module x\n", "x.go": "package x\n", ".golangci.yml": "version: \"2\"\n", "Makefile": "lint:\n\techo\nbuild test: lint\n"}, all,
			[]string{
				"build_output: go build ./... [exit] go.mod",
				"lint_output: golangci-lint run --output.json.path=stdout [golangci] go.mod and .golangci.yml",
				"test_output: go test -json ./... [gotest] go.mod",
				"coverage_report: go test -coverprofile=.layercake/tmp/cover.out ./... [gocover .layercake/tmp/cover.out] go.mod",
				"security_scan: govulncheck -format json ./... [govulncheck] go.mod",
			},
		},
		{
			"an older golangci-lint", map[string]string{"go.mod": "module x\n", "x.go": "package x\n", ".golangci.toml": "[run]\n"}, func(p string) bool { return p == "golangci-lint" },
			[]string{
				"build_output: go build ./... [exit] go.mod",
				"lint_output: golangci-lint run --out-format=json [golangci] go.mod and .golangci.toml",
				"test_output: go test -json ./... [gotest] go.mod",
				"coverage_report: go test -coverprofile=.layercake/tmp/cover.out ./... [gocover .layercake/tmp/cover.out] go.mod",
			},
		},
		{
			"a Go workspace", map[string]string{"go.work": "go 1.26\nuse (\n\t./b // second\n\t./a\n)\nuse ../outside\n", "a/go.mod": "", "a/a.go": "", "b/go.mod": "", "b/b.go": ""}, none,
			[]string{
				"build_output: go build ./a/... ./b/... [exit] go.work",
				"lint_output: go vet ./a/... ./b/... [exit] go.work",
				"test_output: go test -json ./a/... ./b/... [gotest] go.work",
				"coverage_report: go test -coverprofile=.layercake/tmp/cover.out ./a/... ./b/... [gocover .layercake/tmp/cover.out] go.work",
			},
		},
		{
			"npm", map[string]string{"package.json": `{"scripts":{"build":"tsc","lint":"eslint .","test":"node --test"}}`, "package-lock.json": "{}", "i.ts": ""}, none,
			[]string{
				"build_output: npm run build [exit] package.json (build)",
				"lint_output: npm run lint [exit] package.json (lint)",
				"test_output: npm run test [exit] package.json (test)",
				"security_scan: npm audit --json [npm-audit] package.json and package-lock.json",
			},
		},
		{
			"npm without tests", map[string]string{"package.json": `{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}`, "i.js": ""}, none, []string{},
		},
		{
			"a broken package.json", map[string]string{"package.json": `{`, "i.js": ""}, none, []string{},
		},
		{
			"pnpm with vitest in a folder", map[string]string{
				"web/package.json":   `{"scripts":{"build":"vite build","test":"vitest"},"devDependencies":{"vitest":"3","@vitest/coverage-v8":"3"}}`,
				"web/pnpm-lock.yaml": "", "web/src/a.tsx": "",
			}, none,
			[]string{
				"build_output: pnpm --dir web run build [exit] web/package.json (build)",
				"test_output: pnpm --dir web run test --run --reporter=junit --outputFile=../.layercake/tmp/junit.xml [junit .layercake/tmp/junit.xml] web/package.json (test, vitest)",
				"coverage_report: pnpm --dir web run test --run --coverage --coverage.reporter=lcovonly --coverage.reportsDirectory=../.layercake/tmp/coverage [lcov .layercake/tmp/coverage/lcov.info] web/package.json (test, vitest)",
			},
		},
		{
			"yarn with jest", map[string]string{"package.json": `{"scripts":{"test":"jest"}}`, "yarn.lock": "", "a.js": ""}, none,
			[]string{
				"test_output: yarn run test [exit] package.json (test)",
				"coverage_report: yarn run test --coverage --coverageReporters=lcovonly --coverageDirectory=.layercake/tmp/coverage [lcov .layercake/tmp/coverage/lcov.info] package.json (test, jest)",
			},
		},
		{
			"bun by its own word", map[string]string{"app/package.json": `{"packageManager":"bun@1.2","scripts":{"test":"bun test && echo"}}`, "app/a.ts": ""}, none,
			[]string{"test_output: bun run --cwd app test [exit] app/package.json (test)"},
		},
		{
			"Python", map[string]string{"pyproject.toml": "[project]\ndependencies = []\n[dependency-groups]\ndev = [\"pytest>=8\", \"pytest-cov\"]\n[tool.ruff]\n", "a.py": "", "uv.lock": ""}, none,
			[]string{
				`build_output: uv run python3 -X pycache_prefix=.layercake/tmp/pycache -m compileall -q -x (^|/)(\.venv|venv|node_modules|\.git|\.layercake)/ . [exit] pyproject.toml`,
				"lint_output: uv run ruff check --output-format=sarif . [sarif] pyproject.toml and ruff",
				"test_output: uv run pytest --junitxml=.layercake/tmp/junit.xml [junit .layercake/tmp/junit.xml] pyproject.toml and its tests",
				"coverage_report: uv run pytest --cov --cov-report=xml:.layercake/tmp/coverage.xml [cobertura .layercake/tmp/coverage.xml] pyproject.toml and pytest-cov",
			},
		},
		{
			"Python in a folder", map[string]string{"svc/requirements.txt": "flask==3\n# ruff\n", "svc/app.py": "", "svc/tests/test_app.py": "", "docs/requirements.txt": "sphinx\n"}, none,
			[]string{
				`build_output: python3 -X pycache_prefix=.layercake/tmp/pycache -m compileall -q -x (^|/)(\.venv|venv|node_modules|\.git|\.layercake)/ svc [exit] svc/requirements.txt`,
				"test_output: pytest --junitxml=.layercake/tmp/junit.xml svc [junit .layercake/tmp/junit.xml] svc/requirements.txt and its tests",
			},
		},
		{
			"Rust in a folder", map[string]string{"core/Cargo.toml": "[package]\n", "core/src/lib.rs": "", "core/sub/Cargo.toml": "", "core/sub/src/lib.rs": ""}, none,
			[]string{
				"build_output: cargo build --manifest-path core/Cargo.toml --workspace --all-targets [exit] core/Cargo.toml",
				"lint_output: cargo clippy --manifest-path core/Cargo.toml --workspace --all-targets -- -D warnings [exit] core/Cargo.toml",
				"test_output: cargo test --manifest-path core/Cargo.toml --workspace [exit] core/Cargo.toml",
			},
		},
		{
			"Maven with a wrapper", map[string]string{"pom.xml": "", "mvnw": "", "src/A.java": ""}, none,
			[]string{"build_output: ./mvnw -B -q test-compile [exit] pom.xml", "test_output: ./mvnw -B test [exit] pom.xml"},
		},
		{
			"Gradle in a folder", map[string]string{"app/build.gradle.kts": "", "app/gradlew": "", "app/src/A.kt": ""}, none,
			[]string{"build_output: ./app/gradlew -p app assemble [exit] app/build.gradle.kts", "test_output: ./app/gradlew -p app test [exit] app/build.gradle.kts"},
		},
		{
			"Make for what nothing else says", map[string]string{
				"sub/Makefile": "lint:\n", "Makefile": "X := 1\nY = a: b\n.PHONY: build lint test\nbuild: ; cc x.c\nlint test:\n\techo a:b\n",
				"package.json": `{"scripts":{"build":"tsc"}}`,
			}, none,
			[]string{
				"build_output: npm run build [exit] package.json (build)",
				"lint_output: make lint [exit] Makefile (lint)",
				"test_output: make test [exit] Makefile (test)",
			},
		},
		{
			"root first, then the nearest with most sources", map[string]string{
				"go.mod": "module x\n", "x.go": "", "web/package.json": `{"scripts":{"build":"b","lint":"l"}}`, "web/a.ts": "", "tools/deep/go.mod": "", "tools/deep/t.go": "",
				"testdata/p/go.mod": "", "testdata/p/p.go": "", "node_modules/q/package.json": `{"scripts":{"build":"b"}}`, "-x/go.mod": "", "-x/x.go": "",
			}, none,
			[]string{
				"build_output: go build ./... [exit] go.mod; there is also web/package.json, tools/deep/go.mod",
				"lint_output: go vet ./... [exit] go.mod; there is also web/package.json, tools/deep/go.mod",
				"test_output: go test -json ./... [gotest] go.mod; there is also tools/deep/go.mod",
				"coverage_report: go test -coverprofile=.layercake/tmp/cover.out ./... [gocover .layercake/tmp/cover.out] go.mod; there is also tools/deep/go.mod",
			},
		},
		{
			"a Go module in a folder", map[string]string{"a/b/go.mod": "module x\n", "a/b/x.go": ""}, all,
			[]string{
				"build_output: go -C a/b build ./... [exit] a/b/go.mod",
				"lint_output: go -C a/b vet ./... [exit] a/b/go.mod",
				"test_output: go -C a/b test -json ./... [gotest] a/b/go.mod",
				"coverage_report: go -C a/b test -coverprofile=../../.layercake/tmp/cover.out ./... [gocover .layercake/tmp/cover.out] a/b/go.mod",
				"security_scan: govulncheck -C a/b -format json ./... [govulncheck] a/b/go.mod",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			root := repository(t, tc.files)
			commands, err := detect(t.Context(), root, tc.installed)
			require.NoError(t, err)
			require.Equal(t, tc.want, found(commands))

			// Whatever is found can be written, read back and resolved.
			text, err := workflow.Render(ToOverrides(commands))
			require.NoError(t, err)
			read, err := workflow.ParseOverrides("workflow.yaml", text)
			require.NoError(t, err, "%s", text)
			w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional, Overrides: read})
			require.NoError(t, err)
			for _, c := range commands {
				require.NotEmpty(t, c.Gates, c.ProofType)
				for _, id := range c.Gates {
					gate, _ := w.Gate(id)
					proof, _ := gate.Proof(c.ProofType)
					require.Equal(t, c.Argv, proof.Command)
					require.Equal(t, c.Parser, proof.Parser)
					require.Equal(t, c.Report, proof.Report)
					require.Equal(t, workflow.GradeCaptured, proof.Grade)
				}
			}
		})
	}
}

// The commands for Go really run as they stand, from the root, without a shell.
func TestDetectedCommandsRun(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"", "a/b/"} {
		root := repository(t, map[string]string{
			dir + "go.mod":    "module example.test/x\n\ngo 1.26\n",
			dir + "x.go":      "package x\n\n// One is 1.\nfunc One() int { return 1 }\n",
			dir + "x_test.go": "package x\n\nimport \"testing\"\n\nfunc TestOne(t *testing.T) {\n\tif One() != 1 {\n\t\tt.Fatal(One())\n\t}\n}\n",
		})
		require.NoError(t, os.MkdirAll(filepath.Join(root, ".layercake", "tmp"), 0o755))
		commands, err := detect(t.Context(), root, none)
		require.NoError(t, err)
		require.Len(t, commands, 4)
		for _, c := range commands {
			cmd := exec.CommandContext(t.Context(), c.Argv[0], c.Argv[1:]...)
			cmd.Dir = root
			cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local", "GOPROXY=off")
			output, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s: %s", c.Argv, output)
			if c.Report != "" {
				report, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(c.Report)))
				require.NoError(t, err)
				require.Contains(t, string(report), "mode: set")
			}
		}
	}
}

func TestDetectStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := DetectCommands(ctx, t.TempDir())
	require.ErrorIs(t, err, context.Canceled)
	_, err = DetectCommands(t.Context(), filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
