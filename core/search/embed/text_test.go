package embed_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/search/embed"
)

func TestText(t *testing.T) {
	t.Parallel()
	c := embed.Chunk{Path: "http/server.go", Language: "Go", Symbol: "Server.Close", Signature: "func (s *Server) Close() error", Code: "\treturn s.l.Close()\n"}
	assert.Equal(t, "File: http/server.go\nLanguage: Go\nIn: Server.Close\nfunc (s *Server) Close() error\n\n\treturn s.l.Close()\n", embed.Text(c, 8191))
	c.Code = c.Signature + " {\n" + c.Code
	assert.Equal(t, 1, strings.Count(embed.Text(c, 8191), "func"))
	c.Code = "\xff" + strings.Repeat("x ", 9000)
	assert.True(t, utf8.ValidString(embed.Text(c, 8191)))
}

func TestCut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		text := strings.Repeat(rapid.StringN(1, 40, 120).Draw(r, "text"), rapid.IntRange(1, 50).Draw(r, "times"))
		most := rapid.IntRange(1, 300).Draw(r, "most")
		cut := embed.Cut(text, most)
		if !strings.HasPrefix(text, cut) || embed.Tokens(cut) > most {
			r.Fatalf("%d tokens of at most %d", embed.Tokens(cut), most)
		}
		if embed.Tokens(text) <= most && len(text) <= most && cut != text {
			r.Fatal("cut without need")
		}
	})
}

// TestTokens says that the estimate is not below what OpenAI counts: these counts are
// from its published examples and cookbook.
func TestTokens(t *testing.T) {
	t.Parallel()
	for text, counted := range map[string]int{
		"tiktoken is great!":           6,
		"antidisestablishmentarianism": 6,
		"2 + 2 = 4":                    7,
		"お誕生日おめでとう":                    9,
		"hello world":                  2,
	} {
		assert.GreaterOrEqual(t, embed.Tokens(text), counted, text)
	}
}
