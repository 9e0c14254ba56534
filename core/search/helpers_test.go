package search_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// bench is a service over a database of its own, and a folder.
type bench struct {
	*search.Service
	db    *db.DB
	url   string
	place search.Place
	reads *counting
}

// counting counts what is read of the files.
type counting struct {
	search.Source
	reads atomic.Int64
}

func (c *counting) Read(ctx context.Context, root string, f search.Listed) (search.Text, error) {
	c.reads.Add(1)
	return c.Source.Read(ctx, root, f)
}

func setup(t testing.TB, change ...func(*search.Config)) *bench {
	t.Helper()
	b := &bench{url: clustertest.Database(t)}
	var err error
	b.db, err = db.Open(t.Context(), b.url, db.Options{MaxConns: 2, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(b.db.Close)
	// The project is there for those that look which ones are gone.
	b.place = search.Place{Project: uuid.New(), Root: t.TempDir()}
	b.service(change...)
	return b
}

func (b *bench) service(change ...func(*search.Config)) {
	b.reads = &counting{Source: search.Files()}
	cfg := search.Config{Store: b.db.Search(), Host: "here", Source: b.reads}
	for _, fn := range change {
		fn(&cfg)
	}
	b.Service = search.New(cfg)
}

func (b *bench) write(t testing.TB, name, text string) {
	t.Helper()
	full := filepath.Join(b.place.Root, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(t, os.WriteFile(full, []byte(text), 0o644))
}

func (b *bench) git(t testing.TB, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{
		"-C", b.place.Root, "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main",
	}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

func (b *bench) index(t testing.TB) *search.Indexed {
	t.Helper()
	done, err := b.Index(t.Context(), b.place, search.IndexOptions{})
	require.NoError(t, err)
	return done
}

// find returns the paths of the hits for a question.
func (b *bench) find(t testing.TB, text string) []string {
	t.Helper()
	answer, err := b.Search(t.Context(), b.place, search.Query{Text: text, Update: search.UpdateNever})
	require.NoError(t, err)
	var paths []string
	for _, h := range answer.Hits {
		if !slices.Contains(paths, h.Path) {
			paths = append(paths, h.Path)
		}
	}
	return paths
}

func (b *bench) status(t testing.TB) *search.Status {
	t.Helper()
	st, err := b.Status(t.Context(), b.place)
	require.NoError(t, err)
	return st
}

// source is a Go file about a subject, with some of a few words around it.
func source(subject string) string {
	around := strings.Fields(`timeout network socket buffer header cookie token schema column index lock thread signal pixel colour font
		kernel driver packet router bridge mirror lens camera speaker volume cable battery magnet engine wheel paddle`)
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(subject))
	words := ""
	for n := sum.Sum32(); n > 1000; n /= uint32(len(around)) {
		words += " " + around[n%uint32(len(around))]
	}
	return fmt.Sprintf("package %[1]s\n\n// %[2]sHandler deals with %[1]s requests:%[3]s.\nfunc %[2]sHandler(input string) error {\n\treturn process%[2]s(input)\n}\n",
		subject, strings.ToUpper(subject[:1])+subject[1:], words)
}
