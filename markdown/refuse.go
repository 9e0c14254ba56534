package markdown

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"

	"github.com/layercake-dev/layercake/core/fault"
)

const bom = "\ufeff"

// fail keeps the first thing that is wrong with the file. at is an offset in
// the outline's source.
func (r *reader) fail(at int, code, message, hint string) {
	if r.err == nil {
		r.err = r.fault(r.head+bytes.Count(r.src[:at], []byte("\n"))+1, code, message, hint)
	}
}

// fault is an error about a line of the file.
func (r *reader) fault(line int, code, message, hint string) error {
	return fault.Conflict(code, "%s:%d: %s", r.doc.Name, line, message).WithHint("%s", hint)
}

// source checks that the bytes are text, and returns them with lines that end
// with \n and without a byte order mark.
func (r *reader) source(content []byte) ([]byte, error) {
	if i := bytes.IndexByte(content, 0); i >= 0 || !utf8.Valid(content) {
		if i < 0 {
			i = invalidAt(content)
		}
		return nil, r.fault(bytes.Count(content[:i], []byte("\n"))+1, "invalid_encoding", "this is not text in UTF-8",
			"save the file as UTF-8; `iconv -f LATIN1 -t UTF-8` converts it")
	}
	var src []byte
	src, r.doc.BOM = bytes.CutPrefix(content, []byte(bom))
	if i := bytes.IndexByte(src, '\n'); i > 0 {
		r.doc.CRLF = src[i-1] == '\r'
	}
	return plainLines(src), nil
}

// plainLines returns content without the carriage returns before a \n, of which odd
// programs write several: all are the line's end, and none is a word of a person's.
func plainLines(content []byte) []byte {
	if !bytes.Contains(content, []byte("\r\n")) {
		return content
	}
	plain := make([]byte, 0, len(content))
	for line := range bytes.Lines(content) {
		if text, ended := bytes.CutSuffix(line, []byte("\n")); ended {
			plain = append(append(plain, bytes.TrimRight(text, "\r")...), '\n')
			continue
		}
		plain = append(plain, line...)
	}
	return plain
}

// invalidAt returns where the first bytes are that are not UTF-8.
func invalidAt(content []byte) int {
	at := 0
	for {
		c, size := utf8.DecodeRune(content[at:])
		if c == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// refuse looks for what makes the rest of the file something else than it was
// meant to be.
func (r *reader) refuse() error {
	if err := r.mergeMarkers(); err != nil {
		return err
	}
	switch n := r.root.LastChild().(type) {
	case *ast.FencedCodeBlock:
		if r.openFence(n) {
			r.notClosed(n, "this code fence is not closed, so that everything below it is code", "close it with a line like the one that opens it")
		}
	case *ast.HTMLBlock:
		if r.openHTML(n) {
			r.notClosed(n, "this comment or tag is not closed, so that everything below it is hidden", "close it, as in `<!-- a comment -->`")
		}
	}
	return r.err
}

func (r *reader) notClosed(n ast.Node, message, hint string) {
	start := r.lineStart(n)
	if bytes.HasPrefix(r.src[start:], []byte(stampStart)) {
		r.fail(start, "cut_off", "the file ends in the middle of its stamp", hintCutOff)
		return
	}
	r.fail(start, "not_closed", message, hint)
}

const hintCutOff = "see what it was: `git log -p -1 -- .`; `layercake project render --help` tells how to write the files anew"

// openComment refuses a comment that goes on to the end of another one, or of
// the stamp.
func (r *reader) openComment(p piece) {
	n, ok := p.node.(*ast.HTMLBlock)
	if !ok || n.HTMLBlockType != ast.HTMLBlockType2 || !strings.Contains(r.all[r.lineStart(n):p.end], "\n<!--") {
		return
	}
	r.notClosed(n, "this comment is not closed, so that everything up to the end of the next one is hidden", "close it, as in `<!-- a comment -->`")
}

// openFence reports whether a code fence goes on to the end of the file.
func (r *reader) openFence(n *ast.FencedCodeBlock) bool {
	last := r.lineStart(n)
	if lines := n.Lines(); lines.Len() > 0 {
		last = lines.At(lines.Len() - 1).Start
	}
	end := bytes.IndexByte(r.src[last:], '\n')
	return end < 0 || last+end+1 >= len(r.src)
}

// openHTML reports whether a comment or the like goes on to the end of the file.
func (r *reader) openHTML(n *ast.HTMLBlock) bool {
	var closing []string
	switch n.HTMLBlockType {
	case ast.HTMLBlockType1:
		closing = []string{"</script>", "</pre>", "</style>", "</textarea>"}
	case ast.HTMLBlockType2:
		closing = []string{"-->"}
	case ast.HTMLBlockType3:
		closing = []string{"?>"}
	case ast.HTMLBlockType4:
		closing = []string{">"}
	case ast.HTMLBlockType5:
		closing = []string{"]]>"}
	case ast.HTMLBlockType6, ast.HTMLBlockType7:
		return false
	}
	first := n.Lines().At(0)
	line := strings.ToLower(string(first.Value(r.src)))
	return !n.HasClosure() && !slices.ContainsFunc(closing, func(s string) bool { return strings.Contains(line, s) })
}

// The marks that git writes where it could not merge.
const (
	markOurs   = "<<<<<<<"
	markBase   = "|||||||"
	markMiddle = "======="
	markTheirs = ">>>>>>>"
)

// mergeMarkers refuses a file with conflicts of git's. What is in a code fence
// counts if it is a whole conflict. A line of = alone underlines a heading.
func (r *reader) mergeMarkers() error {
	if !bytes.Contains(r.src, []byte(markOurs)) && !bytes.Contains(r.src, []byte(markTheirs)) && !bytes.Contains(r.src, []byte(markBase)) {
		return nil
	}
	fences := r.fences()
	at, first, want := 0, -1, markOurs
	for line := range bytes.Lines(r.src) {
		start := at
		at += len(line)
		for len(fences) > 0 && start >= fences[0].end {
			fences, first, want = fences[1:], -1, markOurs
		}
		mark := marker(line)
		if mark == "" {
			continue
		}
		if len(fences) == 0 || start < fences[0].start {
			if mark != markMiddle {
				return r.marked(start)
			}
			continue
		}
		switch {
		case mark == markOurs:
			first, want = start, markMiddle
		case mark == markMiddle && want == markMiddle:
			want = markTheirs
		case mark == markTheirs && want == markTheirs:
			return r.marked(first)
		}
	}
	return nil
}

func (r *reader) marked(at int) error {
	r.fail(at, "merge_markers", "git left the marks of a conflict here",
		"merge the two versions by hand, then take the lines with <<<<<<<, ======= and >>>>>>> out")
	return r.err
}

// fences lists the code fences of the file's own.
func (r *reader) fences() []piece {
	var list []piece
	for _, p := range r.pieces(r.root, 0, len(r.src)) {
		if p.node.Kind() == ast.KindFencedCodeBlock {
			list = append(list, p)
		}
	}
	return list
}

// marker returns which of git's marks a line is, or "".
func marker(line []byte) string {
	s := string(bytes.TrimRight(line, "\n"))
	for _, mark := range []string{markOurs, markBase, markMiddle, markTheirs} {
		if rest, ok := strings.CutPrefix(s, mark); ok && (rest == "" || rest[0] == ' ') {
			return mark
		}
	}
	return ""
}

// refuseIndented refuses rows that became part of the row above them.
func (r *reader) refuseIndented() {
	for _, h := range r.indented {
		if _, ok := r.seen[h.key]; !ok {
			r.failIndented(h)
		}
	}
}

func (r *reader) failIndented(h hide) {
	r.fail(h.at, "indented_row", "the row of "+h.key+" is indented, and so belongs to the row above it",
		"take the blanks before it and the lines below it away; `parent:` says that a task is part of another")
}

// whole refuses a file that lost its end.
func (r *reader) whole() error {
	if r.doc.Stamped || !r.introduced {
		return r.err
	}
	lines := bytes.Count(r.src, []byte("\n")) + 1
	return r.fault(r.head+lines, "cut_off", "the file ends without its stamp: it was cut off, or the stamp was deleted", hintCutOff)
}
