package core

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/walk"
)

// WorkFiles reads and changes the files in a project's folder, or in an agent's work
// tree, and nothing outside of it: whatever links there are on the way, and never the
// files of git or of LayerCake itself.
type WorkFiles struct{ a *App }

const (
	// maxWorkFile bounds the files that are read and written here, in bytes.
	maxWorkFile = 4 << 20
	fileMode    = 0o644
	folderMode  = 0o755
)

// FileText is a part of a text file.
type FileText struct {
	Path string
	// Text is the lines from From to To, counted from 1, with their ends. Of a line
	// that is longer than what was asked for, it is the beginning.
	Text     string
	From, To int
	// Lines and Bytes are what the whole file has.
	Lines, Bytes int
	// Cut says that the last line is not complete.
	Cut bool
}

// Read reads lines of a text file: from a line on, counted from 1, at most so many
// lines and bytes. Secrets in it are not shown.
func (s *WorkFiles) Read(_ context.Context, at Place, rel string, from, lines, most int) (*FileText, error) {
	content, err := readWork(at, rel)
	if err != nil {
		return nil, err
	}
	all := strings.SplitAfter(s.a.cleaner.redactor.String(string(content)), "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	out := &FileText{Path: path.Clean(filepath.ToSlash(rel)), From: max(from, 1), Lines: len(all), Bytes: len(content)}
	out.To = out.From - 1
	if out.From > len(all) {
		if len(all) == 0 && out.From == 1 {
			return out, nil
		}
		return nil, fault.Usage("no_such_line", "%s has %d lines; there is no line %d", rel, len(all), out.From).
			WithHint("read it from line 1")
	}
	var b strings.Builder
	for _, line := range all[out.From-1:] {
		if lines > 0 && out.To-out.From+1 >= lines {
			break
		}
		if b.Len()+len(line) > most {
			if b.Len() == 0 {
				b.WriteString(strings.ToValidUTF8(line[:most], ""))
				out.To, out.Cut = out.To+1, true
			}
			break
		}
		b.WriteString(line)
		out.To++
	}
	out.Text = b.String()
	return out, nil
}

// readWork reads a text file as it is.
func readWork(at Place, rel string) ([]byte, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	f, err := OpenFile(at.Root, rel)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only
	content, err := io.ReadAll(io.LimitReader(f, maxWorkFile+1))
	switch {
	case err != nil:
		return nil, fault.Failed("file_unreadable", "cannot read %s", rel).WithHint("run `ls -l %s` in the project's folder", rel).Wrap(err)
	case len(content) > maxWorkFile:
		return nil, fault.Usage("file_too_large", "%s has more than %d bytes", rel, maxWorkFile).
			WithHint("search it with grep_files, or work on a part of it")
	case bytes.IndexByte(content, 0) >= 0 || !utf8.Valid(content):
		return nil, fault.Usage("not_text", "%s is not a text in UTF-8", rel).WithHint("choose a text file; run `git ls-files` to see the files")
	}
	return content, nil
}

// FileWritten is a file that was written.
type FileWritten struct {
	Path    string
	Created bool
	Bytes   int
	Lines   int
}

// Write writes a file as a whole, and makes the folders that it needs. With onlyNew it
// is an error that the file is there already.
func (*WorkFiles) Write(_ context.Context, at Place, rel, content string, onlyNew bool) (*FileWritten, error) {
	t, err := openTarget(at, rel, true)
	if err != nil {
		return nil, err
	}
	defer t.close()
	if t.exists && onlyNew {
		return nil, fault.Conflict("file_exists", "there is a file %s already", rel).WithHint("read it first, and change it with edit_file")
	}
	if len(content) > maxWorkFile {
		return nil, fault.Usage("file_too_large", "%d bytes are too many for one file; at most %d are written", len(content), maxWorkFile).
			WithHint("split it, or have a program make it")
	}
	if err := t.replace([]byte(content)); err != nil {
		return nil, err
	}
	return &FileWritten{Path: t.rel, Created: !t.exists, Bytes: len(content), Lines: countLines(content)}, nil
}

func countLines(text string) int {
	n := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return n
}

// FileEdited is a file in which a text was replaced.
type FileEdited struct {
	Path string
	// Replaced is how often, and Line where the first was.
	Replaced, Line int
}

// Edit replaces a text in a file by another. The text must be there exactly once, or
// all of them are replaced.
func (*WorkFiles) Edit(_ context.Context, at Place, rel, old, by string, all bool) (*FileEdited, error) {
	switch old {
	case "":
		return nil, fault.Usage("missing_old", "the text to replace is empty").
			WithHint("give the lines to change exactly as they are in the file; use write_file for a new file")
	case by:
		return nil, fault.Usage("nothing_to_change", "the new text is the old one").WithHint("give the text as it is to be")
	}
	content, err := readWork(at, rel)
	if err != nil {
		return nil, err
	}
	text := string(content)
	n := strings.Count(text, old)
	switch {
	case n == 0:
		return nil, notThere(rel, text, old)
	case n > 1 && !all:
		return nil, fault.Conflict("text_not_unique", "the text is %d times in %s, in lines %s", n, rel, linesOf(text, old)).
			WithHint("give more of what stands around it, or set all to replace each")
	}
	t, err := openTarget(at, rel, true) // it is there; a link is refused
	if err != nil {
		return nil, err
	}
	defer t.close()
	// Between reading and this, others may have written.
	if now, err := readWork(at, rel); err != nil || !bytes.Equal(now, content) {
		return nil, fault.Conflict("file_changed", "%s changed meanwhile", rel).WithHint("read it again").Wrap(err)
	}
	before, _, _ := strings.Cut(text, old)
	changed := strings.ReplaceAll(text, old, by)
	if len(changed) > maxWorkFile {
		return nil, fault.Usage("file_too_large", "%s would have %d bytes; at most %d are written", rel, len(changed), maxWorkFile).
			WithHint("split it, or have a program make it")
	}
	if err := t.replace([]byte(changed)); err != nil {
		return nil, err
	}
	return &FileEdited{Path: t.rel, Replaced: n, Line: 1 + strings.Count(before, "\n")}, nil
}

// notThere says why a text was not found, as far as that can be told.
func notThere(rel, text, old string) error {
	e := fault.NotFound("text_not_found", "the text is not in %s", rel).
		WithHint("read the file, and give the lines exactly as they are, with their white space and without line numbers")
	squeezed := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	first, _, _ := strings.Cut(strings.TrimSpace(old), "\n")
	switch {
	case strings.Contains(text, "\r\n") && !strings.Contains(old, "\r\n") && strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), old):
		return e.WithHint(`the lines of the file end in \r\n; give them so`)
	case !strings.Contains(squeezed(text), squeezed(old)):
		return e
	}
	for i, line := range strings.Split(text, "\n") {
		if strings.Contains(squeezed(line), squeezed(first)) {
			return e.WithHint("line %d is the same but for white space: read it, and give it exactly as it is", i+1)
		}
	}
	return e
}

// linesOf names the lines in which a text begins.
func linesOf(text, part string) string {
	const most = 10
	var lines []string
	for at := 0; len(lines) < most; {
		i := strings.Index(text[at:], part)
		if i < 0 {
			return strings.Join(lines, ", ")
		}
		at += i
		lines = append(lines, strconv.Itoa(1+strings.Count(text[:at], "\n")))
		at += len(part)
	}
	return strings.Join(lines, ", ") + " …"
}

// Delete removes a file. A link is removed, not what it leads to.
func (*WorkFiles) Delete(_ context.Context, at Place, rel string) error {
	t, err := openTarget(at, rel, false)
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.dir.Remove(t.name); err != nil {
		return fault.Failed("cannot_delete", "cannot delete %s", rel).WithHint("run `ls -ld %s` in the project's folder", rel).Wrap(err)
	}
	return nil
}

// Files lists the files of the folder that git tracks or would, below a path. glob
// selects among them: a pattern with a slash is held against the whole path, with **
// for any folders, and one without against the name.
func (s *WorkFiles) Files(ctx context.Context, at Place, under, glob string) ([]walk.Entry, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	under = path.Clean(filepath.ToSlash(under))
	if under != "." && (!filepath.IsLocal(filepath.FromSlash(under)) || isPrivate(under)) {
		return nil, outside(under)
	}
	match, err := globber(glob)
	if err != nil {
		return nil, err
	}
	entries, skipped, err := walk.Tree(ctx, at.Root, walk.Options{Env: s.a.environ})
	if err != nil {
		return nil, err
	}
	for _, skip := range skipped {
		switch skip.Reason { //nolint:exhaustive // those are files of the project, too
		case walk.Binary, walk.Generated, walk.Minified, walk.Rendered, walk.TooLarge, walk.Ignored, walk.Empty, walk.LFSPointer:
			if !strings.HasSuffix(skip.Path, "/") {
				entries = append(entries, walk.Entry{Path: skip.Path, Size: sizeOf(at.Root, skip.Path)})
			}
		}
	}
	kept := entries[:0]
	for i := range entries {
		p := entries[i].Path
		if (under == "." || p == under || strings.HasPrefix(p, under+"/")) && !isPrivate(p) && match(p) {
			kept = append(kept, entries[i])
		}
	}
	if len(kept) == 0 && under != "." {
		if _, err := os.Stat(filepath.Join(at.Root, filepath.FromSlash(under))); errors.Is(err, fs.ErrNotExist) {
			return nil, fault.NotFound("file_not_found", "there is no file or folder %s", under).WithHint("run `git ls-files` to see the files")
		}
	}
	sortEntries(kept)
	return kept, nil
}

func sizeOf(root, rel string) int64 {
	info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(rel)))
	if err != nil {
		return 0
	}
	return info.Size()
}

// outside is the answer to a path that is not one of the project's own.
func outside(rel string) *fault.Error {
	return fault.NotAllowed("path_outside", "%q is not one of the project's own files", rel).
		WithHint("git's files and those in %s are left alone; name another, relative to the project's folder", StateDir)
}
