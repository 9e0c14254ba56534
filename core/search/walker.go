package search

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/layercake-dev/layercake/core/git"
)

// Why the walker skips files.
const (
	SkippedBinary    = "binary"
	SkippedLarge     = "too-large"
	SkippedEmpty     = "empty"
	SkippedIgnored   = "ignored"
	SkippedSymlink   = "symlink"
	SkippedSubmodule = "submodule"
	SkippedNoFile    = "no-file"
	SkippedName      = "name-not-utf8"
	SkippedDenied    = "unreadable"
	SkippedPointer   = "lfs-pointer"
	SkippedMinified  = "minified"
	SkippedGenerated = "generated"
)

const (
	// IgnoreFile names, at the root, the file that says what is not searched, in the
	// format of .gitignore.
	IgnoreFile = ".layercakeignore"
	// largestFile is the size in bytes from which on files are data.
	largestFile = 1 << 20
	// sniffed is how much of a file is looked at to tell what it is.
	sniffed = 8 << 10
	// longLine is how long lines are on average in a file that no person wrote.
	longLine, minifiedFrom = 400, 4 << 10
)

// walker is the [Source] of files that git knows, or that it would add; in a folder
// that is no repository, of all.
type walker struct{}

// Files is the [Source] that is used where no other is named.
func Files() Source { return walker{} }

// List lists the files that count, and those that do not with the reasons.
func (walker) List(ctx context.Context, root string) ([]Listed, []Skipped, error) {
	paths, err := listPaths(ctx, root)
	if err != nil {
		return nil, nil, err
	}
	ignored := ignoring(root)
	var listed []Listed
	var skipped []Skipped
	seen := make(map[string]bool, len(paths))
	for _, name := range paths {
		if seen[name] {
			continue // of a merge, once for each side
		}
		seen[name] = true
		l, reason := look(root, name, ignored)
		switch reason {
		case "":
			listed = append(listed, l)
		case vanished:
		default:
			skipped = append(skipped, Skipped{strings.ToValidUTF8(name, "\uFFFD"), reason})
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("list the files of %s: %w", root, context.Cause(ctx))
	}
	return listed, skipped, nil
}

// vanished is of files that are not there: removed, or outside of a sparse checkout.
const vanished = "vanished"

func look(root, name string, ignored gitignore.Matcher) (Listed, string) {
	switch {
	case !utf8.ValidString(name):
		return Listed{}, SkippedName
	case ignored != nil && ignored.Match(strings.Split(name, "/"), false):
		return Listed{}, SkippedIgnored
	}
	info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(name)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Listed{}, vanished
	case err != nil:
		return Listed{}, SkippedDenied
	case info.IsDir():
		return Listed{}, SkippedSubmodule
	case info.Mode()&fs.ModeSymlink != 0:
		return Listed{}, SkippedSymlink // what it points to is found under its own name
	case !info.Mode().IsRegular():
		return Listed{}, SkippedNoFile
	case info.Size() == 0:
		return Listed{}, SkippedEmpty
	case info.Size() > largestFile:
		return Listed{}, SkippedLarge
	}
	return Listed{Path: name, Size: info.Size(), Modified: info.ModTime().UnixNano()}, ""
}

// listPaths asks git, or looks into every folder where there is no repository.
func listPaths(ctx context.Context, root string) ([]string, error) {
	out, err := git.At(root).Run(ctx, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err == nil {
		return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 }), nil
	}
	if ctx.Err() != nil {
		return nil, fmt.Errorf("list the files of %s: %w", root, context.Cause(ctx))
	}
	if _, openErr := git.Open(ctx, root); openErr == nil {
		return nil, err // a repository that git cannot read
	}
	var paths []string
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == root:
			return err
		case err != nil:
			return nil //nolint:nilerr // a folder that may not be entered is no reason to enter no other
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case !d.IsDir():
			rel, err := filepath.Rel(root, name)
			paths = append(paths, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list the files of %s: %w", root, err)
	}
	return paths, nil
}

// ignoring are the rules of the ignore file, or nil.
func ignoring(root string) gitignore.Matcher {
	text, err := os.ReadFile(filepath.Join(root, IgnoreFile))
	if err != nil {
		return nil
	}
	return patterns(strings.Split(string(text), "\n"))
}

// patterns are rules as in .gitignore, or nil when there are none.
func patterns(lines []string) gitignore.Matcher {
	var all []gitignore.Pattern
	for _, line := range lines {
		if line = strings.TrimRight(line, "\r "); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, gitignore.ParsePattern(line, nil))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return gitignore.NewMatcher(all)
}

// Read reads a file as it is now.
func (walker) Read(_ context.Context, root string, f Listed) (Text, error) {
	t := Text{Listed: f}
	// Not through a link that has come to be there since.
	l, reason := look(root, f.Path, nil)
	if reason == vanished {
		t.Vanished = true
		return t, nil
	}
	if t.Skipped = reason; reason != "" {
		return t, nil
	}
	t.Listed = l
	file, err := os.Open(filepath.Join(root, filepath.FromSlash(f.Path)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.Vanished = true
		return t, nil
	case err != nil:
		t.Skipped = SkippedDenied
		return t, nil
	}
	defer func() { _ = file.Close() }() // nothing was written
	text, err := io.ReadAll(io.LimitReader(file, largestFile+1))
	if err != nil {
		t.Skipped = SkippedDenied
		return t, nil
	}
	hash := sha256.Sum256(text)
	t.Hash = hash[:]
	if t.Skipped = unfit(f.Path, text); t.Skipped == "" {
		t.Bytes = bytes.ToValidUTF8(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), []byte("\uFFFD"))
	}
	return t, nil
}

// unfit says why nobody looks for what is in a file, or "".
func unfit(name string, text []byte) string {
	head := text[:min(len(text), sniffed)]
	switch {
	case len(text) > largestFile:
		return SkippedLarge
	case bytes.HasPrefix(head, []byte("version https://git-lfs.github.com/spec/")):
		return SkippedPointer
	case bytes.IndexByte(head, 0) >= 0:
		return SkippedBinary
	case strings.Contains(path.Base(name), ".min.") ||
		len(text) > minifiedFrom && len(text)/(1+bytes.Count(text, []byte("\n"))) > longLine:
		return SkippedMinified
	case generated(head):
		return SkippedGenerated
	}
	return ""
}

// generated reports whether a program wrote a file, and says so as Go asks it to.
func generated(head []byte) bool {
	for line := range bytes.Lines(head) {
		line = bytes.TrimSpace(line)
		switch {
		case bytes.Contains(line, []byte("Code generated ")) && bytes.HasSuffix(line, []byte("DO NOT EDIT.")),
			bytes.Contains(line, []byte("@generated")) && len(line) < 64:
			return true
		}
	}
	return false
}

// headCommit is what is checked out, or "".
func headCommit(ctx context.Context, root string) string {
	out, err := git.At(root).Run(ctx, "rev-parse", "--verify", "--quiet", "HEAD")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
