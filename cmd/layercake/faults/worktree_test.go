//go:build unix

package faults

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/markdown"
)

// git runs git as the user and returns what it says.
func (u *user) git(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	git := *u
	git.program = "git"
	r := finish(t, git.command(ctx, args...), args)
	require.Zero(t, r.code, "git %q: %s%s", args, r.stdout, r.stderr)
	return strings.TrimSpace(r.stdout)
}

// edit writes a file of the user's.
func (u *user) edit(t testing.TB, path, content string) {
	t.Helper()
	full := filepath.Join(u.dir, path)
	require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
	require.NoError(t, os.WriteFile(full, []byte(content), 0o644))
}

// ours are the paths that LayerCake may commit.
func ours(path string) bool {
	return strings.HasPrefix(path, "docs/") || strings.HasPrefix(path, ".layercake/")
}

// atWork makes the repository one of a person in the middle of their work: source
// files with a history, and everything that one can do to them before a commit.
func (u *user) atWork(t testing.TB) {
	t.Helper()
	for _, part := range []string{"core", "markdown"} {
		require.NoError(t, os.CopyFS(filepath.Join(u.dir, part), os.DirFS("../../../"+part)))
		u.git(t, "add", "-A")
		u.git(t, "commit", "-q", "-m", "Add "+part)
	}
	u.busy(t, 0)
}

// busy lets the user change, stage, remove and rename.
func (u *user) busy(t testing.TB, round int) {
	t.Helper()
	n := strconv.Itoa(round)
	u.edit(t, "staged.txt", "staged "+n)
	u.edit(t, "partly.txt", "staged "+n)
	u.edit(t, "goes"+n+".txt", "goes")
	u.edit(t, "moves"+n+".txt", "a file of some length that moves, "+n)
	u.git(t, "add", "-A", ".", ":!docs", ":!.layercake")
	u.git(t, "commit", "-q", "-m", "Before round "+n)
	u.edit(t, "staged.txt", "staged anew "+n)
	u.edit(t, "partly.txt", "half "+n)
	u.edit(t, "new"+n+".txt", "new "+n)
	u.git(t, "add", "staged.txt", "partly.txt", "new"+n+".txt")
	u.git(t, "rm", "-q", "goes"+n+".txt")
	u.git(t, "mv", "moves"+n+".txt", "moved"+n+".txt")
	u.edit(t, "partly.txt", "whole "+n)
	u.edit(t, "core/app.go", "not staged "+n)
	u.edit(t, "untracked.txt", "untracked "+n)
}

// theirs describes all that is the user's: what is staged, what differs, and each
// file, LayerCake's left out.
func (u *user) theirs(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	for record := range strings.SplitSeq(u.git(t, "ls-files", "-s", "-v", "-z"), "\x00") {
		if _, path, ok := strings.Cut(record, "\t"); ok && !ours(path) {
			b.WriteString(record + "\n")
		}
	}
	for line := range strings.Lines(u.git(t, "status", "--porcelain", "--untracked-files=all", "--no-renames")) {
		if path := strings.TrimSpace(line)[2:]; !ours(strings.TrimSpace(path)) {
			b.WriteString(strings.TrimSpace(line) + "\n")
		}
	}
	for _, name := range []string{"staged.txt", "partly.txt", "core/app.go", "untracked.txt"} {
		text, err := os.ReadFile(filepath.Join(u.dir, name))
		require.NoError(t, err)
		b.WriteString(name + ": " + string(text) + "\n")
	}
	b.WriteString(u.git(t, "symbolic-ref", "HEAD") + u.git(t, "for-each-ref", "--format=%(refname)", "refs/heads"))
	return b.String()
}

// rendered is the version of the log that a file of a commit was rendered from.
func (u *user) rendered(t testing.TB, commit, path string) int64 {
	t.Helper()
	if u.git(t, "ls-tree", commit, "--", path) == "" {
		return 0
	}
	stamp, ok := markdown.ParseStamp([]byte(u.git(t, "show", commit+":"+path)))
	require.True(t, ok, path)
	return stamp.Version
}

// leftLocks lists the locks that git left in its folder.
func (u *user) leftLocks(t testing.TB) []string {
	t.Helper()
	var left []string
	for _, name := range []string{
		"index.lock", "HEAD.lock", "refs/heads/main.lock", "packed-refs.lock", "refs/tags/layercake/*.lock", "refs/layercake/checkpoints/*.lock",
	} {
		found, err := filepath.Glob(filepath.Join(u.dir, ".git", name))
		require.NoError(t, err)
		left = append(left, found...)
	}
	return left
}

// unlock removes the locks that the killed git left, as doctor says, and reports
// whether there were any.
func (u *user) unlock(t testing.TB) (were bool) {
	t.Helper()
	locks := u.leftLocks(t)
	if len(locks) == 0 {
		return false
	}
	r := u.run(t, "sync")
	require.Zero(t, r.code, r.stderr)
	found := jsonOf[[]struct{ Name, Status, Message, Fix string }](t, u.must(t, "doctor", "--json"))
	said := slices.IndexFunc(found, func(d struct{ Name, Status, Message, Fix string }) bool { return d.Name == "repository" })
	require.Equal(t, "warning", found[said].Status, "%q are left", locks)
	_, fix, ok := strings.Cut(found[said].Fix, ": ")
	require.True(t, ok)
	for _, lock := range locks {
		require.Contains(t, fix, strconv.Quote(lock))
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", fix).CombinedOutput()
	require.NoError(t, err, "%s: %s", fix, out)
	require.Empty(t, u.leftLocks(t))
	return true
}
