package evaluate_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/evaluate"
)

func TestNDCG(t *testing.T) {
	t.Parallel()

	a, b := evaluate.Target{Path: "x/a.go"}, evaluate.Target{Path: "b.go", StartLine: 10, EndLine: 20}
	found := []evaluate.Found{{Path: "c.go"}, {Path: "src/x/a.go"}, {Path: "b.go", StartLine: 1, EndLine: 9}, {Path: "b.go", StartLine: 20, EndLine: 30}}

	assert.InDelta(t, 1/1.5849625, evaluate.NDCG([]evaluate.Target{a}, found, 10), 1e-6, "second place: 1/log2(3)")
	assert.InDelta(t, (1/1.5849625+1/2.3219281)/(1+1/1.5849625), evaluate.NDCG([]evaluate.Target{a, b}, found, 10), 1e-6)
	assert.Zero(t, evaluate.NDCG([]evaluate.Target{a}, found, 1), "beyond the answers that count")
	assert.Zero(t, evaluate.NDCG(nil, found, 10))
	assert.InDelta(t, 1, evaluate.NDCG([]evaluate.Target{{Path: "c.go"}}, found, 10), 1e-9)
	assert.Zero(t, evaluate.NDCG([]evaluate.Target{{Path: "another-c.go"}}, found, 10), "the last parts of a path, not of a name")
}

// A data set with one repository, of which one file is not in the work tree
// and one of the work tree not in the revision.
func TestRunReadsThePinnedRevision(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	clone := filepath.Join(dir, "repos", "sample")
	write(t, clone, "src/retry.go", "package src\n\n// Retry waits and tries again.\nfunc Retry() {}\n")
	write(t, clone, "src/parse.go", "package src\n\n// Parse reads a date.\nfunc Parse() {}\n")
	write(t, clone, "other/retry.go", "package other\n\n// Retry is outside of what is indexed.\nfunc Retry() {}\n")
	git(t, clone, "init", "-q")
	git(t, clone, "add", ".")
	git(t, clone, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-q", "-m", "all")
	revision := strings.TrimSpace(git(t, clone, "rev-parse", "HEAD"))
	require.NoError(t, os.Remove(filepath.Join(clone, "src/retry.go")))
	write(t, clone, "src/new.go", "package src\n\n// Retry retry retry, not committed.\nfunc RetryMore() {}\n")

	set := filepath.Join(dir, "set")
	save(t, filepath.Join(set, "repos.json"), []map[string]string{
		{"name": "sample", "language": "go", "url": "https://example.org/a/sample.git", "revision": revision, "benchmark_root": "src"},
		{"name": "gone", "language": "go", "url": "https://example.org/a/gone.git", "revision": revision},
	})
	save(t, filepath.Join(set, "sample.json"), []map[string]any{
		{"query": "try again after waiting", "relevant": []any{"retry.go"}, "category": "semantic"},
		{"query": "Parse", "relevant": []any{map[string]any{"path": "parse.go", "start_line": 3, "end_line": 4}}, "category": "symbol"},
		{"query": "Retry", "relevant": []any{"other/retry.go"}, "category": "symbol"},
	})

	var told []string

	report, err := evaluate.Run(t.Context(), evaluate.Options{
		Dataset: set, Repos: filepath.Join(dir, "repos"), Compare: []string{evaluate.BM25, evaluate.Latent}, Ablate: true,
		Tell: func(_, _ int, name string) { told = append(told, name) },
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"sample"}, told)
	assert.Equal(t, []string{"gone"}, report.Missing)
	require.Len(t, report.Repositories, 1)
	assert.Equal(t, 2, report.Repositories[0].Files)
	assert.Equal(t, 3, report.Repositories[0].Questions)

	ours := report.Methods[0]
	assert.Equal(t, evaluate.Ours, ours.Name)
	assert.InDelta(t, 1, ours.Categories["semantic"], 1e-9)
	assert.InDelta(t, 0.5, ours.Categories["symbol"], 1e-9, "found in its place, and one that is outside")
	assert.InDelta(t, 2.0/3, ours.NDCG, 1e-9)
	assert.Len(t, report.Methods, 1+8+2)

	// The same of a bare clone, as a mirror lays it out.
	git(t, dir, "clone", "-q", "--bare", clone, filepath.Join(dir, "mirror", "a+sample", "repo"))

	bare, err := evaluate.Run(t.Context(), evaluate.Options{Dataset: set, Repos: filepath.Join(dir, "mirror")})
	require.NoError(t, err)
	assert.InDelta(t, ours.NDCG, bare.Methods[0].NDCG, 1e-9)

	// And of questions of one's own, about one repository.
	own, err := evaluate.Run(t.Context(), evaluate.Options{
		Dataset: filepath.Join(set, "sample.json"), Repos: clone,
	})
	require.NoError(t, err)
	assert.InDelta(t, (1+1+1/1.5849625)/3, own.Methods[0].NDCG, 1e-6, "the whole repository is indexed: the other Retry is second")
}

func TestRunSaysWhatItCannotDo(t *testing.T) {
	t.Parallel()

	_, err := evaluate.Run(t.Context(), evaluate.Options{Dataset: t.TempDir(), Compare: []string{"magic"}})
	require.ErrorContains(t, err, `"magic"`)

	_, err = evaluate.Run(t.Context(), evaluate.Options{Dataset: filepath.Join(t.TempDir(), "none")})
	require.ErrorContains(t, err, "not readable")

	dir := t.TempDir()
	write(t, dir, "repos.json", "[{]")

	_, err = evaluate.Run(t.Context(), evaluate.Options{Dataset: dir})
	require.ErrorContains(t, err, "repos.json")
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()

	place := filepath.Join(dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(place), 0o750))
	require.NoError(t, os.WriteFile(place, []byte(text), 0o600))
}

func save(t *testing.T, place string, v any) {
	t.Helper()

	data, err := json.Marshal(v)
	require.NoError(t, err)
	write(t, filepath.Dir(place), filepath.Base(place), string(data))
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()

	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))

	return string(out)
}
