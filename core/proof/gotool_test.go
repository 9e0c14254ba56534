package proof_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/proof"
	"github.com/layercake-dev/layercake/core/workflow"
)

// goModule writes a module that is made for one test.
func goModule(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/shop\n\ngo 1.24\n"
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o750))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
	return dir
}

// goRun runs the go tool as a proof would.
func goRun(t *testing.T, dir string, args ...string) *proof.Run {
	t.Helper()
	run, _ := execute(t, proof.Spec{
		Argv: append([]string{"go"}, args...), Dir: dir,
		Env: append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOPROXY=off", "GOTOOLCHAIN=local"),
	})
	return run
}

func parseRun(t *testing.T, format string, run *proof.Run) *proof.Report {
	t.Helper()
	rep, err := proof.Parse(format, run.Stdout(), proof.Limits{})
	require.NoError(t, err)
	return rep
}

const passingTest = "package a\nimport \"testing\"\nfunc TestOK(t *testing.T) {}\n"

func TestGoTest(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files    map[string]string
		args     []string
		result   proof.Result
		broken   bool
		counts   proof.TestCounts
		failures []string // patterns
		summary  string
		exit     int
	}{
		"passes": {
			files: map[string]string{
				"a/a.go": "package a\nfunc F() int { return 1 }\n",
				"a/a_test.go": `package a
import ("fmt"; "os"; "testing")
func TestOne(t *testing.T) { t.Parallel(); fmt.Print("no newline"); fmt.Fprint(os.Stderr, "noise") }
func TestSubs(t *testing.T) {
	for _, n := range []string{"x y", "z"} { t.Run(n, func(t *testing.T) { t.Parallel(); t.Run("deep", func(*testing.T) {}) }) }
}
func TestSkipped(t *testing.T) { t.Skip("no") }
func TestJSON(t *testing.T) { fmt.Println("{\"Action\":\"fail\",\"Package\":\"example.com/shop/a\"}") }
func ExampleF() { fmt.Println(F())
// Output: 1
}
func FuzzIt(f *testing.F) { f.Add("a"); f.Fuzz(func(*testing.T, string) {}) }
func BenchmarkF(b *testing.B) { for b.Loop() { F() } }
`,
				"none/n.go": "package none\n",
			},
			args: []string{"-bench", ".", "-benchtime", "1x"}, result: pass,
			counts: proof.TestCounts{Total: 8, Passed: 7, Skipped: 1, Packages: 2},
		},
		"fails": {
			files: map[string]string{"a/a_test.go": `package a
import "testing"
func TestOK(t *testing.T) {}
func TestSubs(t *testing.T) { t.Run("good", func(*testing.T) {}); t.Run("bad", func(t *testing.T) { t.Error("x") }) }
func TestOwn(t *testing.T) { t.Run("good", func(*testing.T) {}); t.Error("after its subtests") }
`},
			result: fail, exit: 1, counts: proof.TestCounts{Total: 5, Passed: 3, Failed: 2, Packages: 1},
			failures: []string{`^example.com/shop/a.TestSubs/bad$`, `^example.com/shop/a.TestOwn$`},
		},
		"does not build": {
			files:  map[string]string{"a/a_test.go": passingTest, "b/b_test.go": "package b\nimport \"testing\"\nfunc TestB(t *testing.T) { missing() }\n"},
			result: fail, broken: true, exit: 1, counts: proof.TestCounts{Total: 1, Passed: 1, Packages: 2},
			failures: []string{`^example.com/shop/b .*: does not build: .*undefined: missing`},
		},
		"does not vet": {
			files:  map[string]string{"a/a_test.go": "package a\nimport (\"fmt\"; \"testing\")\nfunc TestV(t *testing.T) { fmt.Printf(\"%d\", \"x\") }\n"},
			result: fail, broken: true, exit: 1, counts: proof.TestCounts{Packages: 1},
			failures: []string{`Printf format %d has arg "x" of wrong type`},
		},
		"panics": {
			files:  map[string]string{"a/a_test.go": "package a\nimport \"testing\"\nfunc TestA(t *testing.T) {}\nfunc TestP(t *testing.T) { t.Run(\"s\", func(*testing.T) { panic(\"x\") }) }\nfunc TestZ(t *testing.T) {}\n"},
			result: fail, broken: true, exit: 1, counts: proof.TestCounts{Total: 2, Passed: 1, Failed: 1, Packages: 1},
			failures: []string{`^example.com/shop/a.TestP/s$`},
		},
		"fails outside of its tests": {
			files:  map[string]string{"a/a_test.go": "package a\nimport (\"os\"; \"testing\")\nfunc TestMain(m *testing.M) { m.Run(); os.Exit(3) }\nfunc TestA(*testing.T) {}\n"},
			result: fail, broken: true, exit: 1, counts: proof.TestCounts{Total: 1, Passed: 1, Packages: 1},
			failures: []string{`^example.com/shop/a: failed outside of its tests$`},
		},
		"times out": {
			files: map[string]string{"a/a_test.go": "package a\nimport \"testing\"\nfunc TestA(*testing.T) {}\nfunc TestHang(*testing.T) { select {} }\n"},
			args:  []string{"-timeout", "1s"}, result: fail, broken: true, exit: 1, counts: proof.TestCounts{Total: 2, Passed: 1, Failed: 1, Packages: 1},
			failures: []string{`^example.com/shop/a.TestHang: did not finish$`},
		},
		"no tests": {
			files: map[string]string{"a/a.go": "package a\n"}, result: warning, counts: proof.TestCounts{Packages: 1},
			summary: "no tests were run in 1 package",
		},
		"no test matches": {
			files: map[string]string{"a/a_test.go": passingTest}, args: []string{"-run", "Nothing"}, result: warning, counts: proof.TestCounts{Packages: 1},
		},
		"all skipped": {
			files:  map[string]string{"a/a_test.go": "package a\nimport \"testing\"\nfunc TestA(t *testing.T) { t.SkipNow() }\n"},
			result: warning, counts: proof.TestCounts{Total: 1, Skipped: 1, Packages: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := goModule(t, tt.files)
			run := goRun(t, dir, append([]string{"test", "-json", "-count=1"}, append(tt.args, "./...")...)...)
			require.Equal(t, tt.exit, run.ExitCode, stdout(t, run))
			rep := parseRun(t, proof.FormatGoTest, run)
			require.Equal(t, tt.result, rep.Result, stdout(t, run))
			require.Equal(t, tt.counts, *rep.Tests, stdout(t, run))
			require.Equal(t, tt.broken, rep.Broken, stdout(t, run))
			require.Len(t, rep.Failures, len(tt.failures), "%q", rep.Failures)
			for i, pattern := range tt.failures {
				require.Regexp(t, pattern, rep.Failures[i])
			}
			if tt.summary != "" {
				require.Equal(t, tt.summary, rep.Summary)
			}
			result, _ := proof.Judge(workflow.Proof{Parser: proof.FormatGoTest}, withTree(run.Facts()), rep)
			require.Equal(t, tt.result, result)

			// Cut anywhere, it never passes.
			text := stdout(t, run)
			step := 1 + len(text)/500
			for cut := 0; cut < len(strings.TrimSpace(text)); cut += step {
				part, err := proof.Parse(proof.FormatGoTest, strings.NewReader(text[:cut]), proof.Limits{})
				if err == nil && len(tt.files) == 2 {
					require.NotEqual(t, pass, part.Result, "%s", text[:cut])
				}
			}
		})
	}
}

func withTree(f proof.Facts) proof.Facts {
	f.TreeBefore, f.TreeAfter = "same", "same"
	return f
}

func TestGoTestCached(t *testing.T) {
	t.Parallel()
	dir := goModule(t, map[string]string{"a/a_test.go": passingTest})
	goRun(t, dir, "test", "-json", "./...")
	rep := parseRun(t, proof.FormatGoTest, goRun(t, dir, "test", "-json", "./..."))
	require.Equal(t, pass, rep.Result)
	require.Equal(t, "1 test: 1 passed, 0 failed, 0 skipped in 1 package (1 cached)", rep.Summary)
}

func TestGoCoverAgreesWithGoTool(t *testing.T) {
	t.Parallel()
	dir := goModule(t, map[string]string{
		"a/a.go":      "package a\n\nfunc Sign(n int) int {\n\tif n < 0 {\n\t\treturn -1\n\t}\n\tif n == 0 {\n\t\treturn 0\n\t}\n\treturn 1\n}\n\nfunc Unused() { Sign(1); Sign(2); Sign(3) }\n",
		"a/a_test.go": "package a\nimport \"testing\"\nfunc TestSign(t *testing.T) { Sign(0); Sign(-1) }\n",
		"b/b.go":      "package b\nimport \"example.com/shop/a\"\nfunc B() int { return a.Sign(5) }\n",
		"b/b_test.go": "package b\nimport \"testing\"\nfunc TestB(t *testing.T) { B() }\n",
	})
	for _, mode := range []string{"set", "count", "atomic"} {
		for _, packages := range []string{"./...", "./a"} {
			goRun(t, dir, "test", "-count=1", "-covermode="+mode, "-coverpkg="+packages, "-coverprofile=c.out", "./...")
			want := stdout(t, goRun(t, dir, "tool", "cover", "-func=c.out"))
			total := regexp.MustCompile(`total:\s+\(statements\)\s+([0-9.]+)%`).FindStringSubmatch(want)
			require.NotNil(t, total, want)

			file, err := os.Open(filepath.Join(dir, "c.out"))
			require.NoError(t, err)
			rep, err := proof.Parse(proof.FormatGoCover, file, proof.Limits{})
			require.NoError(t, err)
			require.NoError(t, file.Close())
			require.Contains(t, rep.Summary, " statements covered")
			require.InDelta(t, mustFloat(t, total[1]), *rep.Coverage, 0.1)
		}
	}
}

func TestGoVetIsJudgedByItsExitCode(t *testing.T) {
	t.Parallel()
	dir := goModule(t, map[string]string{"a/a.go": "package a\nimport \"fmt\"\nfunc F() { fmt.Printf(\"%d\", \"x\") }\n"})
	run := goRun(t, dir, "vet", "./...")
	result, reasons := proof.Judge(workflow.Proof{Parser: proof.FormatExit}, withTree(run.Facts()), parseRun(t, proof.FormatExit, run))
	require.Equal(t, fail, result)
	require.Equal(t, []string{proof.ReasonExitCode}, codes(reasons))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a", "a.go"), []byte("package a\n"), 0o600))
	run = goRun(t, dir, "vet", "./...")
	result, reasons = proof.Judge(workflow.Proof{}, withTree(run.Facts()), parseRun(t, proof.FormatExit, run))
	require.Equal(t, pass, result)
	require.Empty(t, reasons)
}

func TestReportFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	read := func(f *proof.ReportFile) (string, error) {
		r, err := f.Open()
		if err != nil {
			return "", err
		}
		defer func() { require.NoError(t, r.Close()) }()
		var b bytes.Buffer
		_, err = b.ReadFrom(r)
		return b.String(), err
	}
	file, err := proof.NewReportFile(dir, "out/c.out")
	require.NoError(t, err)
	_, err = read(file)
	requireCode(t, proof.CodeReportMissing, err)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "out"), 0o750))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "out", "c.out"), []byte("one"), 0o600))
	text, err := read(file)
	require.NoError(t, err)
	require.Equal(t, "one", text)

	stale, err := proof.NewReportFile(dir, "out/c.out")
	require.NoError(t, err)
	_, err = read(stale)
	requireCode(t, proof.CodeReportStale, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "out", "c.out"), []byte("second"), 0o600))
	text, err = read(stale)
	require.NoError(t, err)
	require.Equal(t, "second", text)

	for _, bad := range []string{"../c.out", "/etc/passwd", "", "a/../../x"} {
		_, err := proof.NewReportFile(dir, bad)
		requireCode(t, proof.CodeReportPath, err)
	}
	link, err := proof.NewReportFile(dir, "link")
	require.NoError(t, err)
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "link")))
	_, err = read(link)
	requireCode(t, proof.CodeReportMissing, err)
	folder, err := proof.NewReportFile(dir, "out")
	require.NoError(t, err)
	_, err = read(folder)
	requireCode(t, proof.CodeReportMissing, err)
	pipe, err := proof.NewReportFile(dir, "pipe")
	require.NoError(t, err)
	require.NoError(t, exec.CommandContext(t.Context(), "mkfifo", filepath.Join(dir, "pipe")).Run())
	_, err = read(pipe)
	requireCode(t, proof.CodeReportMissing, err)
}
