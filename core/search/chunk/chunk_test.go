package chunk_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/chunk"
	"github.com/layercake-dev/layercake/core/search/outline"
)

// split cuts a file and checks what holds for any.
func split(t *testing.T, lang string, src []byte) []chunk.Chunk {
	t.Helper()
	chunks := chunk.Split(src, outline.Of(lang, src), lang == "markdown")
	check(t, src, chunks)
	return chunks
}

// check that chunks are in order, as long as they may be, and cover all that is
// not blank once.
func check(t *testing.T, src []byte, chunks []chunk.Chunk) {
	t.Helper()
	at, line := 0, 1
	for i, c := range chunks {
		require.LessOrEqual(t, at, c.Start, "chunk %d overlaps", i)
		require.Less(t, c.Start, c.End, "chunk %d is empty", i)
		require.LessOrEqual(t, c.End, len(src))
		require.LessOrEqual(t, c.End-c.Start, chunk.MaxSize)
		between := src[at:c.Start]
		require.True(t, blank(between), "left out before chunk %d", i)
		line += bytes.Count(between, []byte{'\n'})
		require.Equal(t, line, c.StartLine, "chunk %d starts on another line", i)
		line += bytes.Count(src[c.Start:c.End], []byte{'\n'})
		require.Equal(t, line, c.EndLine, "chunk %d ends on another line", i)
		if i > 0 && c.StartLine == chunks[i-1].EndLine {
			require.Equal(t, c.StartLine, c.EndLine, "lines are shared only by pieces of one line")
		}
		at = c.End
	}
	require.True(t, blank(src[at:]), "left out at the end")
}

func blank(text []byte) bool {
	return len(bytes.TrimFunc(text, func(r rune) bool { return r == 0 || unicode.IsSpace(r) })) == 0
}

func body(lines int) string { return strings.Repeat("\tcall(\"with an argument\")\n", lines) }

func TestSmallSiblingsStayTogether(t *testing.T) {
	t.Parallel()
	src := "package p\n\nfunc A() {\n" + body(3) + "}\n\n// B too.\nfunc B() {\n" + body(3) + "}\n"
	chunks := split(t, "go", []byte(src))
	require.Len(t, chunks, 1)
	assert.Equal(t, []string{"A", "B"}, chunks[0].Defines)
	assert.Equal(t, 1, chunks[0].StartLine)
}

func TestCutsAreAtDefinitionsWithTheirComments(t *testing.T) {
	t.Parallel()
	src := "package p\n\nfunc A() {\n" + body(35) + "}\n\n// B too.\n// And more.\nfunc B() {\n" + body(30) + "}\n"
	chunks := split(t, "go", []byte(src))
	require.Len(t, chunks, 2)
	assert.Equal(t, "A", chunks[0].Symbol)
	assert.Equal(t, "B", chunks[1].Symbol)
	assert.Equal(t, outline.Function, chunks[1].Kind)
	assert.Equal(t, "func B()", chunks[1].Signature)
	assert.True(t, strings.HasPrefix(src[chunks[1].Start:], "// B too."))
}

func TestLongBodiesAreCutAtBlankLines(t *testing.T) {
	t.Parallel()
	src := "package p\n\nfunc (s *Server) A() {\n" + body(40) + "\n\tif x {\n\t" + body(1) + "\t}\n" + body(40) + "}\n"
	chunks := split(t, "go", []byte(src))
	require.Greater(t, len(chunks), 1)
	for _, c := range chunks {
		assert.Equal(t, "Server.A", c.Symbol, "lines %d to %d", c.StartLine, c.EndLine)
		assert.Equal(t, outline.Method, c.Kind)
	}
	assert.Equal(t, []string{"A"}, chunks[0].Defines)
	assert.Empty(t, chunks[1].Defines)
	assert.True(t, strings.HasPrefix(src[chunks[1].Start:], "\tif x {"))
}

func TestLongLinesAreCut(t *testing.T) {
	t.Parallel()
	src := []byte("short\n" + strings.Repeat("wörd ", 10_000) + "\nshort\n")
	chunks := split(t, "markdown", src)
	assert.Greater(t, len(chunks), 10)
	for _, c := range chunks {
		assert.True(t, bytes.HasPrefix(src[c.Start:], []byte("wörd")) || bytes.HasPrefix(src[c.Start:], []byte("short")))
	}
	split(t, "text", bytes.Repeat([]byte("ö"), 10_000))
	split(t, "text", bytes.Repeat([]byte{0xff}, 10_000))
	split(t, "text", make([]byte, 10_000))
}

func TestNothingToCut(t *testing.T) {
	t.Parallel()
	assert.Empty(t, split(t, "go", nil))
	assert.Empty(t, split(t, "go", []byte("\n \r\n\t\n")))
	assert.Empty(t, split(t, "text", bytes.Repeat([]byte(" "), 10_000)))
}

// An outline that is nonsense does no harm.
func TestWrongOutline(t *testing.T) {
	t.Parallel()
	src := []byte(strings.Repeat("one\n\ntwo\n", 400))
	f := outline.File{
		Symbols: []outline.Symbol{{Name: "a", Line: -5, EndLine: 9e6, DocLine: -9}, {Name: "b", Line: 7, EndLine: 3, DocLine: 99999}, {Name: "c", Line: 1, EndLine: 1 << 40, DocLine: 1}},
		Whole:   []outline.Span{{Line: -3, EndLine: 4}, {Line: 8, EndLine: 1 << 40}},
	}
	check(t, src, chunk.Split(src, f, false))
}

func FuzzChunk(f *testing.F) {
	f.Add("go", []byte("package p\n\nfunc A() {\n"+body(100)+"}\n"))
	f.Add("markdown", []byte("# A\n\ntext\n\n```\n# no\n```\n## B\n"+strings.Repeat("word ", 1000)))
	f.Add("python", []byte("class A:\n    def b(self):\n        \"\"\"\n        c\n        \"\"\"\n"))
	f.Fuzz(func(t *testing.T, lang string, src []byte) {
		check(t, src, chunk.Split(src, outline.Of(lang, src), len(src)%2 == 0))
	})
}

func BenchmarkSplit(b *testing.B) {
	var src bytes.Buffer
	src.WriteString("package p\n")
	for i := range 1000 {
		fmt.Fprintf(&src, "\n// F%d is a function.\nfunc F%d() {\n%s}\n", i, i, body(10))
	}
	f := outline.Of("go", src.Bytes())
	b.SetBytes(int64(src.Len()))
	for b.Loop() {
		chunk.Split(src.Bytes(), f, false)
	}
}
