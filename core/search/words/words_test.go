package words_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/search/words"
)

func TestSplit(t *testing.T) {
	t.Parallel()

	for identifier, want := range map[string]string{
		"parseHTTPRequest": "parse http request",
		"URLs":             "urls",
		"parseURLs":        "parse urls",
		"HTTPServer":       "http server",
		"snake_case_name":  "snake case name",
		"__init__":         "init",
		"SCREAMING_CASE":   "screaming case",
		"sha256sum":        "sha 256 sum",
		"x":                "x",
		"größeÄndern":      "größe ändern",
		"таблицаИмён":      "таблица имён",
		"检索代码":             "检索 索代 代码",
		"get检索":            "get 检索",
		"_":                "",
	} {
		assert.Equal(t, strings.Fields(want), append([]string{}, words.Split(identifier)...), identifier)
	}
}

func TestExpandKeepsTheWholeName(t *testing.T) {
	t.Parallel()

	assert.Equal(t, []string{"pars", "http", "request", "parsehttprequest"}, words.Expand("parseHTTPRequest"))
	assert.Equal(t, []string{"retri"}, words.Expand("retries"))
	assert.Equal(t, words.Expand("retry"), words.Expand("Retries"), "one stem for both")
	assert.Equal(t, []string{"init"}, words.Expand("init"))
}

func TestScanPassesOverKeysAndBytesThatAreNoText(t *testing.T) {
	t.Parallel()

	var got []string

	text := "a\xffb " + strings.Repeat("k", 97) + " c-d_e \u202eok"
	words.Scan([]byte(text), func(b []byte) { got = append(got, string(b)) })
	assert.Equal(t, []string{"a", "b", "c", "d_e", "ok"}, got)
}

func TestQuestionLeavesOutWhatEveryQuestionHas(t *testing.T) {
	t.Parallel()

	var got []string
	for _, term := range words.Question("Where are the retries of sendMail backed off?") {
		got = append(got, term.Text)
	}

	assert.Equal(t, []string{"retri", "send", "mail", "sendmail", "back", "off"}, got)
}

func TestQuestionOfNothingElseKeepsItsWords(t *testing.T) {
	t.Parallel()

	assert.NotEmpty(t, words.Question("where is it"))
	assert.Empty(t, words.Question(`"( )" ;`))
	assert.Empty(t, words.Question(""))
}

// What a question asks for is what the index has, whatever the text.
func TestTermsOfAQuestionAreTermsOfTheText(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")

		var indexed []string
		words.Scan([]byte(text), func(b []byte) {
			assert.True(t, utf8.Valid(b))
			indexed = append(indexed, words.Expand(string(b))...)
		})

		for _, term := range words.Question(text) {
			if !slices.Contains(indexed, term.Text) {
				t.Fatalf("%q asks for %q, the index has %q", text, term.Text, indexed)
			}
		}
	})
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("func parseURLs(x_1 int) { return \xff }"))
	f.Fuzz(func(t *testing.T, text []byte) {
		words.Scan(text, func(b []byte) {
			if len(b) == 0 || !utf8.Valid(b) {
				t.Fatalf("%q is no identifier", b)
			}

			for _, term := range words.Expand(string(b)) {
				if term == "" && strings.Trim(string(b), "_") != "" {
					t.Fatalf("%q has an empty term", b)
				}
			}
		})
	})
}
