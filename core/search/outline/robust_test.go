package outline_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/outline"
)

// scanned are the languages with a scanner of their own, by their samples.
func scanned(t testing.TB) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/*/sample.src")
	require.NoError(t, err)
	langs := []string{"go", "text"}
	for _, d := range dirs {
		langs = append(langs, filepath.Base(filepath.Dir(d)))
	}
	return langs
}

func sample(t testing.TB, lang string) []byte {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", lang, "sample.src"))
	if err != nil {
		return []byte("package p\n\nfunc A() {}\n")
	}
	return src
}

// checkFile checks what holds for the outline of any file.
func checkFile(t *testing.T, src []byte, f outline.File) {
	t.Helper()
	lines := bytes.Count(src, []byte{'\n'}) + 1
	last := 0
	for _, s := range f.Symbols {
		require.NotEmpty(t, s.Name)
		require.LessOrEqual(t, len(s.Name), 3*outline.MaxName)
		require.GreaterOrEqual(t, s.DocLine, 1, "%+v", s)
		require.LessOrEqual(t, s.DocLine, s.Line, "%+v", s)
		require.LessOrEqual(t, s.Line, s.EndLine, "%+v", s)
		require.LessOrEqual(t, s.EndLine, lines, "%+v", s)
		require.LessOrEqual(t, last, s.Line, "in order")
		require.LessOrEqual(t, len(s.Signature), outline.MaxSignature)
		require.Equal(t, strings.ToValidUTF8(s.Name+s.Parent+s.Signature, "?"), s.Name+s.Parent+s.Signature)
		require.NotContains(t, s.Signature, "\n")
		last = s.Line
	}
	for i, w := range f.Whole {
		require.Less(t, w.Line, w.EndLine)
		require.LessOrEqual(t, w.EndLine, lines+1)
		if i > 0 {
			require.LessOrEqual(t, f.Whole[i-1].Line, w.Line)
		}
	}
}

// Inputs that have broken parsers elsewhere. One that took the square of its length
// would run into the time limit of the tests.
func TestHardInput(t *testing.T) {
	t.Parallel()
	const deep, many = 100_000, 5_000
	inputs := map[string]string{
		"nothing":    "",
		"brackets":   strings.Repeat("(", deep) + strings.Repeat(")", deep),
		"mixed":      strings.Repeat("({[", deep/3) + strings.Repeat("]})", deep/3),
		"open":       "class A " + strings.Repeat("{ f(", many),
		"closed":     strings.Repeat("})", many),
		"classes":    strings.Repeat("class A { ", many/5),
		"functions":  strings.Repeat("function a() { ", many/5),
		"ends":       strings.Repeat("def a\n", many/5) + strings.Repeat("end\n", many/5),
		"angles":     "class A" + strings.Repeat("<a", many),
		"templates":  strings.Repeat("`${", many/5),
		"strings":    strings.Repeat("\"${\"#{\"\\(", many/5),
		"elements":   strings.Repeat("x = <a b={", many/10),
		"ifs":        strings.Repeat("#if A\n{\n#else\n", many/5),
		"comments":   strings.Repeat("/*", many) + strings.Repeat("{-", many),
		"unended":    "a = \"" + strings.Repeat("x\n", many/10),
		"quotes":     strings.Repeat("'", many),
		"heredocs":   strings.Repeat("<<A <<B\n", many/10),
		"nul":        strings.Repeat("func a\x00b() {}\n", 1000),
		"invalid":    strings.Repeat("class \xff\xfe\x80 { def \xc3\x28() {} }\n", 1000),
		"returns":    strings.Repeat("func a() {}\r// x\rclass B {}\r", 1000),
		"emoji":      strings.Repeat("func 🎂größe名前() {}\nclass Ünï { }\n", 1000),
		"keywords":   strings.Repeat("class func def fn impl type enum struct ", many/10),
		"signs":      strings.Repeat("=>->::<<>>=", many/5),
		"at":         strings.Repeat("@a(", many/3),
		"colons":     "a" + strings.Repeat("::a", many/3) + "() {}",
		"commas":     "int a" + strings.Repeat(", b", many/3) + ";",
		"decorators": strings.Repeat("@a\n", many/5) + "def a(): pass\n",
		"headings":   strings.Repeat("# a\n## b\n", many/10),
		"hashes":     "r" + strings.Repeat("#", many) + "\"",
		"one line":   strings.Repeat("function a(b){return b?1:2}var c={d:function(){}};", 200_000/50),
		"blank":      strings.Repeat("\n", 100_000),
	}
	for name, src := range inputs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, lang := range scanned(t) {
				checkFile(t, []byte(src), outline.Strictly(lang, []byte(src)))
			}
		})
	}
}

// Samples that end anywhere, or lack a byte.
func TestCutSamples(t *testing.T) {
	t.Parallel()
	for _, lang := range scanned(t) {
		src := sample(t, lang)
		const step = 7
		for at := 0; at < len(src); at += step {
			checkFile(t, src[:at], outline.Strictly(lang, src[:at]))
			less := append(bytes.Clone(src[:at]), src[at+1:]...)
			checkFile(t, less, outline.Strictly(lang, less))
		}
		for _, other := range scanned(t) {
			checkFile(t, src, outline.Strictly(other, src))
		}
	}
}

// TestLinear compares a sample repeated a few times with the same sample repeated
// forty times as often, which a square would make 1600 times as slow.
func TestLinear(t *testing.T) {
	t.Parallel()
	for _, lang := range scanned(t) {
		src := sample(t, lang)
		fastest := func(times, tries int) time.Duration {
			text := bytes.Repeat(src, times)
			best := time.Hour
			for range tries {
				started := time.Now()
				outline.Strictly(lang, text)
				best = min(best, time.Since(started))
			}
			return best
		}
		few, many := fastest(5, 10), fastest(200, 2)
		assert.Less(t, many, 400*few+50*time.Millisecond, "%s: forty times as much took %v after %v", lang, many, few)
	}
}

func FuzzOutline(f *testing.F) {
	for _, lang := range scanned(f) {
		f.Add(lang, sample(f, lang))
	}
	f.Fuzz(func(t *testing.T, lang string, src []byte) {
		checkFile(t, src, outline.Strictly(lang, src))
	})
}

func BenchmarkOf(b *testing.B) {
	for _, lang := range scanned(b) {
		b.Run(lang, func(b *testing.B) {
			src := bytes.Repeat(sample(b, lang), 20)
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				outline.Strictly(lang, src)
			}
		})
	}
}

func ExampleOf() {
	f := outline.Of("python", []byte("class Server:\n    def shutdown(self): pass\n"))
	for _, s := range f.Symbols {
		fmt.Println(s.Line, s.Kind, s.Qualified())
	}
	// Output:
	// 1 class Server
	// 2 method Server.shutdown
}
