//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"go/build"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/search"
)

const sectionSearch = "Code search, on the source of Go itself: its packages net and crypto, and all of it"

// questions are asked of the source of Go.
//
//nolint:gochecknoglobals // a constant list
var questions = []string{
	"where is a connection dialed with a timeout", "TLS handshake state machine", "parse an IP address", "ServeHTTP", "crypto/rsa/rsa.go",
	"how are idle connections reused", "constant time comparison", "read a request body with a limit", "Conn.Close", "multipart form boundary",
	"elliptic curve point addition", "resolver falls back to another server", "certificate verification chain", "header canonicalization",
	"cookie jar domain matching", "random bytes from the system", "http2 flow control window", "proxy from environment", "hash of a block", "net.Dialer",
}

// tree is a repository with a project whose code is searched.
type tree struct {
	dir   string
	id    uuid.UUID
	bytes int64
	files int
}

// search measures indexing a tree of real code and asking it, beside what
// everyone has: git grep for the question's words.
func (r *rig) search(ctx context.Context) ([]*figure, error) {
	small, err := r.newTree(ctx, "Smaller code", "net", "crypto")
	if err != nil {
		return nil, err
	}
	larger := []string{"."}
	if r.quick {
		larger = []string{"net", "crypto", "encoding", "go", "internal", "os", "runtime"}
	}
	large, err := r.newTree(ctx, "Larger code", larger...)
	if err != nil {
		return nil, err
	}
	first := make([]time.Duration, 0, 2)
	for _, t := range []*tree{small, large} {
		d, err := r.took(ctx, t.dir, []string{r.binary, "search", "index", "--quiet"})
		if err != nil {
			return nil, err
		}
		first = append(first, d)
	}
	if _, err := r.db.Pool().Exec(ctx, "VACUUM ANALYZE"); err != nil {
		return nil, fmt.Errorf("vacuum: %w", err)
	}
	peak, err := r.peakOf(ctx, large.dir, r.binary, "search", "index", "--force", "--quiet")
	if err != nil {
		return nil, err
	}
	rate := func(t *tree, d time.Duration) float64 { return float64(t.bytes) / mb / d.Seconds() }
	const oneCore, fastest, slowest, most, ninetyNine, ceiling = 3, 20, 100, 0.95, 0.99, 500
	figures := []*figure{
		newFigure(sectionSearch, "`search index`, all that is new", megaPerSecond, rate(small, first[0])).goal(oneCore).
			tenfold(float64(small.files), rate(large, first[1])),
		newFigure(sectionSearch, fmt.Sprintf("the same of %s files, most memory", group(int64(large.files))), megabytes, peak).goal(ceiling),
	}
	processes, err := r.searchProcesses(ctx, small, large)
	if err != nil {
		return nil, err
	}
	figures = append(figures, processes...)
	warm := make([]sample, 0, 2)
	for _, t := range []*tree{small, large} {
		s, err := r.ask(ctx, t)
		if err != nil {
			return nil, err
		}
		warm = append(warm, s)
	}
	return append(figures,
		newFigure(sectionSearch, "a question, in a process that runs, p50", millis, warm[0].at(half)).tenfold(float64(small.files), warm[1].at(half)),
		newFigure(sectionSearch, "the same, p95", millis, warm[0].at(most)).goal(fastest).tenfold(float64(small.files), warm[1].at(most)),
		newFigure(sectionSearch, "the same of all code, p99", millis, warm[1].at(ninetyNine)).goal(slowest),
	), nil
}

// searchProcesses measures whole processes.
func (r *rig) searchProcesses(ctx context.Context, small, large *tree) ([]*figure, error) {
	const rounds, unchanged, changed, read = 20, 1000, 200, 100
	still := func(t *tree) func() (time.Duration, error) {
		return r.process(ctx, t.dir, r.binary, "search", "index", "--quiet")
	}
	edited := func(t *tree, file string) func() (time.Duration, error) {
		n := 0
		return func() (time.Duration, error) {
			n++
			if err := edit(filepath.Join(t.dir, filepath.FromSlash(file)), n); err != nil {
				return 0, err
			}
			return r.took(ctx, t.dir, []string{r.binary, "search", "index", "--quiet"})
		}
	}
	asked := func(t *tree) func() (time.Duration, error) {
		n := 0
		return func() (time.Duration, error) {
			n++
			return r.took(ctx, t.dir, []string{r.binary, "search", questions[n%len(questions)]})
		}
	}
	grep := func(t *tree) func() (time.Duration, error) {
		n := 0
		return func() (time.Duration, error) {
			n++
			words := strings.FieldsFunc(questions[n%len(questions)], func(r rune) bool { return !unicode.IsLetter(r) })
			args := []string{"git", "grep", "--count", "--ignore-case", "--extended-regexp", strings.Join(words, "|")}
			return r.took(ctx, t.dir, args)
		}
	}
	s, err := r.race(ctx, r.rounds(rounds), still(small), still(large), edited(small, "net/http/server.go"), edited(large, "net/http/server.go"),
		asked(small), asked(large), grep(small), grep(large))
	if err != nil {
		return nil, err
	}
	size := float64(small.files)
	return []*figure{
		newFigure(sectionSearch, "`search index`, nothing changed, p50", millis, s[0].at(half)).goal(unchanged).tenfold(size, s[1].at(half)),
		newFigure(sectionSearch, "`search index`, one file edited, p50", millis, s[2].at(half)).goal(changed).tenfold(size, s[3].at(half)),
		newFigure(sectionSearch, "`search QUESTION`, a whole process, p50", millis, s[4].at(half)).goal(read).
			besides("`git grep` of its words", s[6].at(half), math.NaN()).tenfold(size, s[5].at(half)),
		newFigure(sectionSearch, "the same of all code, p50", millis, s[5].at(half)).goal(read).
			besides("`git grep` of its words", s[7].at(half), math.NaN()),
	}, nil
}

// ask asks every question in this process, several times.
func (r *rig) ask(ctx context.Context, t *tree) (sample, error) {
	const rounds = 10
	var took sample
	for range r.rounds(rounds) {
		for _, q := range questions {
			began := time.Now()
			if _, err := r.app.Search.Search(ctx, search.Place{Project: t.id, Root: t.dir}, search.Query{Text: q, Update: search.UpdateNever}); err != nil {
				return nil, fmt.Errorf("ask %q: %w", q, err)
			}
			took = append(took, inMillis(time.Since(began)))
		}
	}
	return took, nil
}

// edit adds a line to a file that is another each time.
func edit(file string, n int) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("edit: %w", err)
	}
	text, _, _ = bytes.Cut(text, []byte("\n// edited "))
	text = fmt.Appendf(text, "\n// edited %d times\n", n)
	if err := os.WriteFile(file, text, 0o600); err != nil { //nolint:gosec // a file of the benchmark's own
		return fmt.Errorf("edit: %w", err)
	}
	return nil
}

// newTree copies folders of Go's own source into a repository with a project.
func (r *rig) newTree(ctx context.Context, name string, folders ...string) (*tree, error) {
	t := &tree{dir: filepath.Join(r.dir, strings.ReplaceAll(strings.ToLower(name), " ", "-"))}
	source := filepath.Join(build.Default.GOROOT, "src")
	for _, folder := range folders {
		if err := t.copy(source, folder); err != nil {
			return nil, err
		}
	}
	for _, args := range [][]string{
		{"git", "init", "--quiet"},
		{r.binary, "init", "--yes", "--name", name},
		{"git", "add", "--all"},
		{"git", "commit", "--quiet", "--message", "Begin"},
	} {
		if _, err := r.output(ctx, t.dir, args...); err != nil {
			return nil, err
		}
	}
	id, err := r.output(ctx, t.dir, r.binary, "project", "show", "--jq", ".data.id")
	if err != nil {
		return nil, err
	}
	t.id, err = uuid.Parse(strings.TrimSpace(id))
	if err != nil {
		return nil, fmt.Errorf("read the project's id: %w", err)
	}
	r.say("%s: %d files, %.1f MB", name, t.files, float64(t.bytes)/mb)
	return t, nil
}

// copy copies the files of Go below a folder.
func (t *tree) copy(source, folder string) error {
	err := filepath.WalkDir(filepath.Join(source, folder), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // Go's own source
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		to := filepath.Join(t.dir, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		t.files++
		t.bytes += int64(len(text))
		return os.WriteFile(to, text, 0o600) //nolint:gosec // below a folder of the benchmark's own
	})
	if err != nil {
		return fmt.Errorf("copy the source of Go: %w", err)
	}
	return nil
}
