package walk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
)

// File is what was read.
type File struct {
	// Text is valid UTF-8 without a byte order mark. Lines end as they do on the
	// disk.
	Text []byte
	// Hash is the SHA-256 of the bytes on the disk.
	Hash [sha256.Size]byte
	// Entry is the file as it was when it was read.
	Entry Entry
}

// Read reads a file that [Tree] listed under root. When it turns out not to be
// worth reading, or cannot be read, the second result says why. An error is
// returned only when the context has ended.
//
// A file that changes while it is read is read again, once. Nothing outside of
// root is read, whatever links there are.
func Read(ctx context.Context, root string, e Entry) (File, *Skipped, error) {
	for range 2 {
		if err := ctx.Err(); err != nil {
			return File{}, nil, fault.From(err)
		}
		raw, info, why := readWhole(root, e.Path)
		if why == Changing {
			continue
		}
		if why != "" {
			return File{}, &Skipped{Path: e.Path, Reason: why}, nil
		}
		e.Size, e.ModTime, e.Mode = info.Size(), info.ModTime(), info.Mode()
		text, why := worth(e.Path, raw)
		if why != "" {
			return File{}, &Skipped{Path: e.Path, Reason: why}, nil
		}
		return File{Text: text, Hash: sha256.Sum256(raw), Entry: e}, nil, nil
	}
	return File{}, &Skipped{Path: e.Path, Reason: Changing}, nil
}

// readWhole reads a file that is regular from the first look to the last.
func readWhole(root, name string) ([]byte, fs.FileInfo, Reason) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, nil, whyNot(err)
	}
	defer r.Close() //nolint:errcheck // nothing was written
	name = filepath.FromSlash(name)
	before, err := r.Lstat(name)
	if err != nil {
		return nil, nil, whyNot(err)
	}
	if why := byInfo(before); why != "" {
		return nil, nil, why
	}
	// Should it have become a FIFO since, opening it does not wait for a writer.
	f, err := r.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, whyNot(err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	opened, err := f.Stat()
	switch {
	case err != nil:
		return nil, nil, whyNot(err)
	case !os.SameFile(before, opened):
		return nil, nil, Changing
	}
	raw, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, nil, whyNot(err)
	}
	after, err := f.Stat()
	if err != nil || !same(before, after) || int64(len(raw)) != after.Size() {
		return nil, nil, Changing
	}
	return raw, after, ""
}

func same(a, b fs.FileInfo) bool {
	return a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode()
}

// readAtMost reads the start of a file.
func readAtMost(name string, most int64) ([]byte, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	return io.ReadAll(io.LimitReader(f, most))
}

// headSize is how much of a file's start says whether it is binary or generated.
const headSize = 8000

// worth returns the text of a file, or why it is not worth having.
func worth(name string, raw []byte) ([]byte, Reason) {
	if text, ok := fromUTF16(raw); ok {
		raw = text
	}
	text := bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	head := text[:min(len(text), headSize)]
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return nil, Empty
	case bytes.IndexByte(head, 0) >= 0:
		return nil, Binary
	case bytes.HasPrefix(text, []byte("version https://git-lfs.github.com/spec/")) && len(text) < 1024:
		return nil, LFSPointer
	}
	if !utf8.Valid(text) {
		valid := bytes.ToValidUTF8(text, []byte("\ufffd"))
		if bad := bytes.Count(valid, []byte("\ufffd")); bad > len(text)/10 {
			return nil, Binary
		}
		text = valid
		head = text[:min(len(text), headSize)]
	}
	switch {
	case saysGenerated(head):
		return nil, Generated
	case isMinified(name, text):
		return nil, Minified
	case isRendered(text):
		return nil, Rendered
	}
	return text, ""
}

// fromUTF16 turns a text that starts with UTF-16's byte order mark into UTF-8.
func fromUTF16(raw []byte) ([]byte, bool) {
	little := bytes.HasPrefix(raw, []byte{0xff, 0xfe})
	if !little && !bytes.HasPrefix(raw, []byte{0xfe, 0xff}) || len(raw)%2 != 0 {
		return nil, false
	}
	units := make([]uint16, 0, len(raw)/2)
	for i := 2; i < len(raw); i += 2 {
		hi, lo := raw[i], raw[i+1]
		if little {
			hi, lo = lo, hi
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	return []byte(string(utf16.Decode(units))), true
}

// isMinified tells whether the lines of a file are too long for people. Texts
// have a paragraph in a line.
func isMinified(name string, text []byte) bool {
	const small, longAverage = 4096, 500
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".mdx", ".markdown", ".txt", ".rst", ".adoc", ".tex", ".org", ".ipynb", "":
		return false
	}
	return len(text) > small && len(text)/(bytes.Count(text, []byte{'\n'})+1) > longAverage
}

// saysGenerated tells whether the comments at a file's start say that a tool made
// it.
func saysGenerated(head []byte) bool {
	const lines = 40
	if bytes.HasPrefix(head, []byte("#!")) {
		return false // what makes other files has the words as well
	}
	made, hands := false, false
	n := 0
	for line := range bytes.Lines(head) {
		n++
		if n > lines {
			return false
		}
		line = bytes.ToLower(bytes.TrimSpace(line))
		if !isComment(line) {
			continue
		}
		if bytes.Contains(line, []byte("@generated")) || bytes.Contains(line, []byte("<auto-generated")) {
			return true
		}
		for _, mark := range []string{
			"code generated", "automatically generated", "auto-generated", "autogenerated", "auto generated", "generated by", "generated from", "generated file",
		} {
			made = made || bytes.Contains(line, []byte(mark))
		}
		for _, mark := range []string{"do not edit", "don't edit", "do not modify", "not be edited", "do not change"} {
			hands = hands || bytes.Contains(line, []byte(mark))
		}
		if made && hands {
			return true
		}
	}
	return false
}

func isComment(line []byte) bool {
	for _, mark := range []string{"//", "#", "/*", "*", "--", "<!--", ";", "%", "(*", "{-", "'", `"`, "<#"} {
		if bytes.HasPrefix(line, []byte(mark)) {
			return true
		}
	}
	return false
}
