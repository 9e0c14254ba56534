package mcp

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpoiledCharactersAreTold(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`{"a":"\ud83c\udf82"}`:       false,
		`{"a":"\u00e4\n\\ud800"}`:    false,
		`{"a":"\\\\ud800"}`:          false,
		`{"a":"\ufffd"}`:             false,
		`{"a":"\ud83c"}`:             true,
		`{"a":"\udf82\ud83c"}`:       true,
		`{"a":"\ud83c\ud83c\udf82"}`: true,
		`{"a":"\ud83cx"}`:            true,
		`{"a":"\\\ud83c"}`:           true,
		"{\"a\":\"\xff\"}":           true,
		`{"a":"\ud8`:                 false, // no JSON; others say so
	} {
		require.Equal(t, want, spoiled(json.RawMessage(text)) != "", text)
	}
}
