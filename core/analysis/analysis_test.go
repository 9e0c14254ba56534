package analysis

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/workflow"
)

func analyze(t *testing.T, files map[string]string) *Analysis {
	t.Helper()
	a, err := Analyze(t.Context(), repository(t, files))
	require.NoError(t, err)
	return a
}

// modes lists the recommendations as "G1:full …".
func modes(a *Analysis) string {
	var out []string
	for _, r := range a.Gates {
		out = append(out, r.Gate+":"+string(r.Mode))
	}
	return strings.Join(out, " ")
}

func TestAnalyzeNothing(t *testing.T) {
	t.Parallel()
	a := analyze(t, nil)
	require.Zero(t, a.Files)
	require.False(t, a.HasUI)
	require.Equal(t, "G1:full G2:full G3:full G4:full G5:full G6:full G7:full G8:full G9:full E1:skip E2:skip E3:skip", modes(a))
	for _, area := range a.Areas {
		require.Zero(t, area.Completeness, area.Name)
		require.NotEmpty(t, area.Missing, area.Name)
	}
}

func TestAnalyzeAWebApplication(t *testing.T) {
	t.Parallel()
	files := lines(`README.md LICENSE docs/PRD.md docs/user-stories.md docs/architecture.md docs/adr/0001-use-go.md
		api/openapi.yaml docs/guide.md CHANGELOG.md CONTRIBUTING.md SECURITY.md .github/dependabot.yml go.sum
		Dockerfile deploy/fly.toml docs/deployment.md web/src/App.tsx web/src/App.test.tsx internal/a.go internal/a_test.go
		internal/integration_test.go e2e/login.spec.ts node_modules/react/index.js vendor/x/x.go .layercake/x.go`)
	maps.Copy(files, map[string]string{
		"go.mod":                   "module x\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.5.0\n\tgithub.com/go-chi/chi/v5 v5.0.0\n)\n",
		"web/package.json":         `{"dependencies":{"react":"19","ai":"4"}}`,
		".github/workflows/ci.yml": "run: go test -coverprofile=c.out && govulncheck ./...\n",
		"main.go":                  "package main\n\n\nfunc main() {}\n",
		"compose.yaml":             "services: {}\n",
		"web/dist/bundle.js":       "built",
	})
	a := analyze(t, files)
	require.True(t, a.HasUI)
	require.Equal(t, []string{"web/package.json", "web/src/App.tsx"}, a.UIEvidence)
	require.True(t, a.UsesAI)
	require.Equal(t, Language{Name: "Go", Files: 4, Lines: 5}, a.Languages[0])
	require.Equal(t, Language{Name: "TypeScript", Files: 3, Lines: 3}, a.Languages[1])
	require.Len(t, a.Languages, 2)

	var stack []string
	for _, c := range a.Stack {
		stack = append(stack, c.Kind+" "+c.Name)
	}
	require.Equal(t, []string{
		"framework React", "framework chi", "library Vercel AI SDK", "database PostgreSQL", "build Go modules", "build npm",
		"infrastructure Docker", "infrastructure Docker Compose", "infrastructure Fly.io",
	}, stack)

	want := map[string]int{
		AreaRequirements: 100, AreaArchitecture: 100, AreaSpecifications: 100, AreaDesign: 0, AreaCode: 100, AreaTests: 100,
		AreaCI: 100, AreaSecurity: 100, AreaDeployment: 100, AreaDocumentation: 100, AreaLicence: 100,
	}
	for name, completeness := range want {
		require.Equal(t, completeness, a.Area(name).Completeness, "%+v", a.Area(name))
	}
	require.Equal(t, "G1:validate G2:validate G3:validate G4:full G5:validate G6:validate G7:validate G8:validate G9:validate E1:full E2:full E3:full", modes(a))
	require.Equal(t, "requirements is 100 % complete", a.Gates[1].Reason)
	require.Equal(t, []string{"docs/PRD.md", "docs/user-stories.md", "README.md"}, a.Gates[1].Evidence)
	require.Equal(t, "design is 0 % complete; not found: design system, mockups or wireframes", a.Gates[3].Reason)
}

func TestAnalyzeALibraryInParts(t *testing.T) {
	t.Parallel()
	files := lines(`README.md src/lib.rs src/a.rs src/b.rs src/c.rs src/d.rs src/e.rs tests/a_test.rs docs/index.html Cargo.lock
		.devcontainer/Dockerfile gen/int.go.erb`)
	files["Cargo.toml"] = "[package]\ndescription = \"reacts with ai\"\n"
	a := analyze(t, files)
	require.False(t, a.HasUI, "pages of documentation are no interface: %v", a.UIEvidence)
	require.False(t, a.UsesAI)
	require.Equal(t, 30, a.Area(AreaTests).Completeness)
	require.Equal(t, []string{"container image", "deployment configuration", "deployment guide"}, a.Area(AreaDeployment).Missing)
	require.Equal(t, "G1:delta G2:full G3:full G4:skip G5:validate G6:full G7:full G8:full G9:full E1:full E2:full E3:full", modes(a))
	require.Equal(t, "no user interface was found", a.Gates[3].Reason)
}

// Every gate that the workflow knows gets a recommendation.
func TestEveryGateIsRecommended(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for _, r := range analyze(t, nil).Gates {
		have[r.Gate] = true
	}
	for _, projectType := range workflow.ProjectTypes() {
		w, err := workflow.Resolve(workflow.ResolveParams{Type: projectType})
		require.NoError(t, err)
		for _, id := range w.GateIDs() {
			require.True(t, have[id], id)
		}
	}
}

func TestAnalyzeIsDeterministic(t *testing.T) {
	t.Parallel()
	files := lines(`b.go a.py c.rs README.md docs/adr/1.md docs/adr/2.md Dockerfile x/Makefile`)
	files["requirements.txt"] = "torch\nflask\npsycopg2\n"
	root := repository(t, files)
	first, err := Analyze(t.Context(), root)
	require.NoError(t, err)
	want, err := json.Marshal(first)
	require.NoError(t, err)
	for range 20 {
		again, err := Analyze(t.Context(), root)
		require.NoError(t, err)
		got, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(want), string(got))
	}
}

func TestAnalyzeStaysInside(t *testing.T) {
	t.Parallel()
	outside := repository(t, map[string]string{"secret.go": "package secret\n", "package.json": `{"dependencies":{"react":"1"}}`})
	root := repository(t, map[string]string{"a.go": "package a\n"})
	require.NoError(t, os.Symlink(outside, filepath.Join(root, "link")))
	require.NoError(t, os.Symlink(filepath.Join(outside, "package.json"), filepath.Join(root, "package.json")))
	require.NoError(t, os.Symlink(".", filepath.Join(root, "loop")))
	a, err := Analyze(t.Context(), root)
	require.NoError(t, err)
	require.Equal(t, 1, a.Files)
	require.False(t, a.HasUI)
}

func TestAnalyzeIsBounded(t *testing.T) {
	t.Parallel()
	files := map[string]string{"zz/last.go": "package z\n", "big.go": strings.Repeat("x\n", maxFileBytes)}
	for i := range 30 {
		files[fmt.Sprintf("d%d/f.go", i)] = "package d\n"
	}
	root := repository(t, files)
	s, err := walk(t.Context(), root, 10)
	require.NoError(t, err)
	defer s.close()
	require.Len(t, s.files, 10)
	require.True(t, s.truncated)

	a, err := Analyze(t.Context(), root)
	require.NoError(t, err)
	require.False(t, a.Truncated)
	require.Equal(t, Language{Name: "Go", Files: 32, Lines: 31}, a.Languages[0], "a file above the bound counts, its lines do not")
}

func TestAnalyzeStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Analyze(ctx, repository(t, lines("a.go")))
	require.ErrorIs(t, err, context.Canceled)
	_, err = Analyze(t.Context(), filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestKindsOfTests(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"a_test.go": "unit", "src/a.test.ts": "unit", "src/a.spec.js": "unit", "tests/test_a.py": "unit", "src/AppTest.java": "unit",
		"pkg/integration_test.go": "integration", "test/integration/a.py": "integration", "e2e/a.spec.ts": "e2e", "cypress/x.cy.ts": "e2e",
		"features/login.feature": "e2e", "a.go": "", "latest.go": "", "docs/test.md": "", "src/contest.ts": "",
	} {
		require.Equal(t, want, testKind(file{path: name}), name)
	}
}
