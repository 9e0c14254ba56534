package search

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
)

// TestQueriesArePrepared holds what is taken for a filter, and what is refused.
func TestQueriesArePrepared(t *testing.T) {
	t.Parallel()
	q := Query{Text: "retry lang:ts -path:vendor kind:fn std::vector http://x.org error: no"}
	got, err := q.Prepared()
	require.NoError(t, err)
	require.Equal(t, "retry std::vector http://x.org error: no", got.Text)
	require.Equal(t, []string{"typescript", "tsx"}, got.Languages)
	require.Equal(t, []string{"vendor"}, got.NotPaths)
	require.Equal(t, []string{"function"}, got.Kinds)
	for text, code := range map[string]string{
		"": "empty_query", " \n": "empty_query", "lang:go": "empty_query", `"(`: "no_words", "x lagn:go": "unknown_filter",
		"x language:go": "unknown_filter", "x lang:goo": "unknown_language", "x kind:methd": "unknown_kind",
	} {
		q := Query{Text: text}
		_, err := q.Prepared()
		require.Equal(t, code, fault.CodeOf(err), text)
	}
	q = Query{Text: "a\x00b\xff"}
	got, err = q.Prepared()
	require.NoError(t, err)
	require.Equal(t, "ab", got.Text)
}

// TestPiecesAreJoined holds that no line comes twice.
func TestPiecesAreJoined(t *testing.T) {
	t.Parallel()
	got := joined([]Piece{
		{Path: "b", StartLine: 5, EndLine: 7, Text: "5\n6\n7", Symbols: []string{"B"}, rank: 0},
		{Path: "a", StartLine: 1, EndLine: 1, Text: "1", rank: 1},
		{Path: "b", StartLine: 3, EndLine: 5, Text: "3\n4\n5", Symbols: []string{"A"}, rank: 2},
		{Path: "b", StartLine: 8, EndLine: 8, Text: "8", rank: 3},
		{Path: "b", StartLine: 20, EndLine: 20, Text: "20", rank: 4},
	})
	require.Len(t, got, 3)
	require.Equal(t, "3\n4\n5\n6\n7\n8", got[0].Text)
	require.Equal(t, []string{"A", "B"}, got[0].Symbols)
	require.Equal(t, 8, got[0].EndLine)
	require.Equal(t, 20, got[1].StartLine)
	require.Equal(t, "a", got[2].Path)
}

func TestWholeWords(t *testing.T) {
	t.Parallel()
	for text, whole := range map[string]bool{"foo": true, "foo()": true, "a.foo": true, "foo_": false, "xfoo": false, "fooé": false, "(foo1": false} {
		i := 0
		for text[i:i+3] != "foo" {
			i++
		}
		require.Equal(t, whole, wholeWord([]byte(text), i, i+3), text)
	}
}

func TestMarkerFindsTheBestLine(t *testing.T) {
	t.Parallel()
	m := NewMarker("where are retries backed off")
	require.Equal(t, 1, m.Best([]string{"package net", "// backs off between retries", "retry()"}))
	require.Zero(t, m.Best([]string{"nothing", "of it"}))
	require.Equal(t, []Mark{{2, 7}}, m.Marks("x.retry(é)"))
}
