package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watching is a `layercake sync watch` at work.
type watching struct {
	*shop

	t           *testing.T
	cmd         *exec.Cmd
	out         io.ReadCloser
	lines, errs chan string
	read        []string
}

func (s *shop) watch(t *testing.T, args ...string) *watching {
	t.Helper()
	w := &watching{shop: s, t: t, cmd: s.command(t, "layercake", append([]string{"sync", "watch"}, args...)...)}
	var err error
	w.out, err = w.cmd.StdoutPipe()
	require.NoError(t, err)
	stderr, err := w.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, w.cmd.Start())
	w.lines, w.errs = scan(w.out), scan(stderr)
	return w
}

// scan hands on the lines of a stream.
func scan(r io.Reader) chan string {
	const most = 1000 // more than a test prints, so that nobody waits to print
	lines := make(chan string, most)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

// says waits for a line, and forgets those before it.
func (w *watching) says(from chan string, pattern string) string {
	w.t.Helper()
	want := regexp.MustCompile(pattern)
	w.read = nil
	deadline := time.After(wait)
	for {
		select {
		case line, ok := <-from:
			require.True(w.t, ok, "it ended without %s: %q", pattern, w.read)
			w.read = append(w.read, line)
			if want.MatchString(line) {
				return line
			}
		case <-deadline:
			w.t.Fatalf("no line is %s: %q", pattern, w.read)
		}
	}
}

// ends waits for the end and returns the exit code.
func (w *watching) ends() int {
	w.t.Helper()
	for range w.errs { // until it is closed
	}
	_ = w.cmd.Wait() // its state tells
	return w.cmd.ProcessState.ExitCode()
}

func (w *watching) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *watching) write(name, text string) {
	w.t.Helper()
	require.NoError(w.t, os.WriteFile(w.path(name), []byte(text), 0o600))
}

// edit replaces text in a file as editors do: by another file of its name.
func (w *watching) edit(name, from, to string) {
	w.t.Helper()
	text, err := os.ReadFile(w.path(name))
	require.NoError(w.t, err)
	require.Contains(w.t, string(text), from)
	w.write(name+".swp", strings.ReplaceAll(string(text), from, to))
	require.NoError(w.t, os.Rename(w.path(name+".swp"), w.path(name)))
}

// TestWatchKeepsFilesAndDatabaseInStep does to the files and to the project what
// happens to them in a day.
func TestWatchKeepsFilesAndDatabaseInStep(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.do(t, "layercake", "task", "add", "Bake")
	s.do(t, "git", "add", "-A")
	s.do(t, "git", "commit", "--quiet", "--message", "Work")
	w := s.watch(t)
	w.says(w.errs, "^watching .*/docs; ")
	const tasks = "docs/TASKS.md"

	w.edit(tasks, "Bake", "Bake a cake")
	w.says(w.lines, `^read docs/TASKS.md:\d+: t-\w{8} Bake a cake: title$`)
	w.says(w.lines, "^written docs/TASKS.md$")

	// Another process that does not write the files itself.
	add := s.command(t, "layercake", "task", "add", "Sell")
	add.Env = append(add.Env, "LAYERCAKE_RENDER=off")
	require.NoError(t, add.Run())
	w.says(w.lines, "^written docs/TASKS.md$")

	// An older version is no edit.
	s.do(t, "git", "checkout", "--quiet", "HEAD", "--", "docs")
	w.says(w.lines, "^written docs/TASKS.md$")
	require.NotContains(t, strings.Join(w.read, "\n"), "read ")
	require.Equal(t, "Bake a cake\nSell\n", s.do(t, "layercake", "task", "list", "--jq", ".data[].title"))

	require.NoError(t, os.RemoveAll(w.path("docs")))
	w.says(w.lines, "^written docs/TASKS.md$")
	w.edit(tasks, "Bake a cake", "Bake two")
	w.says(w.lines, "^read docs/TASKS.md:.* Bake two: title$")
	w.says(w.lines, "^written docs/TASKS.md$")
	require.NoError(t, os.Rename(w.path("docs"), w.path("gone")))
	w.says(w.lines, "^written docs/TASKS.md$")
	w.edit(tasks, "Bake two", "Bake three")
	w.says(w.lines, "^read docs/TASKS.md:.* Bake three: title$")
	w.says(w.lines, "^written docs/TASKS.md$")

	w.write(".git/MERGE_HEAD", strings.TrimSpace(s.do(t, "git", "rev-parse", "HEAD"))+"\n")
	w.edit(tasks, "Bake three", "Bake four")
	w.says(w.errs, "^warning: nothing is read or written: a merge is under way")
	require.NoError(t, os.Remove(w.path(".git/MERGE_HEAD")))
	w.says(w.lines, "^read docs/TASKS.md:.* Bake four: title$")
	w.says(w.lines, "^written docs/TASKS.md$")

	w.edit(tasks, "priority: medium", "priority: urgent")
	w.says(w.lines, `^left docs/TASKS.md: .*priority cannot be "urgent"`)
	// The sync that follows refuses it again, and would say so behind what it wrote.
	more := s.command(t, "layercake", "task", "add", "Eat")
	more.Env = append(more.Env, "LAYERCAKE_RENDER=off")
	require.NoError(t, more.Run())
	w.says(w.lines, "^written docs/STATUS.md$")
	w.edit(tasks, "priority: urgent", "priority: high")
	w.says(w.lines, "^read docs/TASKS.md:.*: priority$")
	require.Len(t, w.read, 1, "what was refused is said once")
	w.says(w.lines, "^written docs/TASKS.md$")

	_, err := s.connect(t).Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid()`)
	require.NoError(t, err)
	w.edit(tasks, "Bake four", "Bake five")
	w.says(w.lines, "^read docs/TASKS.md:.* Bake five: title$")

	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	require.Equal(t, 130, w.ends())
	s.do(t, "layercake", "sync", "--check")
}

// TestWatchKeepsTheIndexFresh holds that the index of the code follows the files while
// a watch runs, and that none is made that nobody asked for.
func TestWatchKeepsTheIndexFresh(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	w := s.watch(t)
	w.says(w.errs, "^watching .*/docs; ")
	w.write("oven.go", "package shop\n\n// Oven bakes.\ntype Oven struct{}\n")
	s.do(t, "layercake", "search", "index")
	defined := func(name string) bool {
		return s.do(t, "layercake", "search", "symbol", name, "--no-index", "--jq", ".data | length") != "0\n"
	}
	require.True(t, defined("Oven"))
	w.write("till.go", "package shop\n\n// Till counts.\ntype Till struct{}\n")
	require.Eventually(t, func() bool { return defined("Till") }, wait, tick)
	require.NoError(t, os.Remove(w.path("till.go")))
	require.Eventually(t, func() bool { return !defined("Till") }, wait, tick)
	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	require.Equal(t, 130, w.ends())

	// Off, nothing is read; and where there is no index, none is made.
	w = s.watch(t, "--no-index")
	w.says(w.errs, "^watching .*/docs; ")
	s.do(t, "layercake", "search", "remove", "--yes")
	require.NoError(t, w.cmd.Process.Signal(os.Interrupt))
	require.Equal(t, 130, w.ends())
	require.Equal(t, "none\n", s.do(t, "layercake", "search", "status", "--jq", ".data.state"))
}

// TestWatchIsOneDocumentForEachSync reads it as a program does, and goes away.
func TestWatchIsOneDocumentForEachSync(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.do(t, "layercake", "task", "add", "Bake")
	w := s.watch(t, "--json=taken")
	w.edit("docs/TASKS.md", "Bake", "Bake a cake")
	w.says(w.lines, `^\{"schema_version":1,"data":\{"taken":\[\{"file":"docs/TASKS.md","line":\d+,"record":"t-\w{8}","what":"changed","fields":\["title"\],"title":"Bake a cake"\}\]\}\}$`)
	require.Len(t, w.read, 1)
	require.NoError(t, w.out.Close())
	require.Zero(t, w.ends())
}
