package outline_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/outline"
)

func TestGo(t *testing.T) {
	t.Parallel()
	src := "package p\n\n// T is\n// it.\ntype T[A any] struct {\n\tx int\n}\n\n// Do does.\nfunc (t *T[A]) Do(\n\ta int,\n) error {\n\treturn nil\n}\n\nconst (\n\tone = `a\nb`\n)\n"
	f := outline.Of("go", []byte(src))
	assert.Equal(t, []outline.Symbol{
		{Name: "T", Kind: outline.Struct, Line: 5, EndLine: 7, DocLine: 3, Signature: "type T[A any] struct", Exported: true},
		{Name: "x", Kind: outline.Field, Parent: "T", Line: 6, EndLine: 6, DocLine: 6, Signature: "x int"},
		{Name: "Do", Kind: outline.Method, Parent: "T", Line: 10, EndLine: 14, DocLine: 9, Signature: "func (t *T[A]) Do(a int,) error", Exported: true},
		{Name: "one", Kind: outline.Constant, Line: 17, EndLine: 18, DocLine: 17, Signature: "const one = `a b`"},
	}, f.Symbols)
	assert.Equal(t, []outline.Span{{Line: 3, EndLine: 4}, {Line: 17, EndLine: 18}}, f.Whole)
}

func TestSignaturesAreShort(t *testing.T) {
	t.Parallel()
	f := outline.Of("go", []byte("package p\nfunc A("+strings.Repeat("ä int, ", 100)+") {}\n"))
	assert.LessOrEqual(t, len(f.Symbols[0].Signature), outline.MaxSignature)
	assert.True(t, strings.HasPrefix(f.Symbols[0].Signature, "func A(ä int, ä"))
}

func TestNamesAreWithoutWhatTheyAreIn(t *testing.T) {
	t.Parallel()
	for lang, c := range map[string]struct{ src, name, parent string }{
		"elixir":  {"defmodule App.Mail.Queue do\nend\n", "Queue", "App.Mail"},
		"haskell": {"module App.Mail.Queue where\n", "Queue", "App.Mail"},
		"ruby":    {"class App::Mail::Queue\nend\n", "Queue", "App.Mail"},
		"csharp":  {"namespace App.Mail;\n", "App.Mail", ""}, // every file has it
	} {
		symbols := outline.Of(lang, []byte(c.src)).Symbols
		require.Len(t, symbols, 1, lang)
		assert.Equal(t, c.name, symbols[0].Name, lang)
		assert.Equal(t, c.parent, symbols[0].Parent, lang)
	}
}
