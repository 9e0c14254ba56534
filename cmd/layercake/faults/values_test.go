//go:build unix

package faults

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// value is a text that somebody may hand in, and what has to become of it: kept as
// it is, kept in another form, or refused with one of the codes.
type value struct {
	name string
	text string
	kept string
	code string
}

const megabyte = 1 << 20

// titles are the values for a title, which is one line.
func oddTitles() []value {
	same := func(name, text string) value { return value{name: name, text: text, kept: text} }
	return []value{
		same("emoji", "🎂👩‍👩‍👧‍👦🏳️‍🌈"),
		same("right to left", "שלום עולם مرحبا"),
		same("marks that turn the order round", "\u202eevil\u202c"),
		same("combining characters", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤a̴̶̢l̶̢̧g̸̛o"),
		same("decomposed", "pa\u0308iva\u0308a\u0308"),
		same("quotes", `it's "quoted" \'; DROP TABLE tasks; --`),
		same("format", "%s %d %n ${HOME} $(id) `id` {{.}}"),
		same("markdown", "| a | [x](y) <!-- layercake: --> **b** `c` # d"),
		same("html", "<script>alert(1)</script>&amp;"),
		same("control characters", "a\x1b[31mred\x07\x08"),
		same("begins with a dash", "--json"),
		same("a number", "1e3"),
		same("null", "null"),
		same("300 characters", strings.Repeat("ä", 300)),
		{name: "spaces around", text: "  in the middle \t", kept: "in the middle"},
		{name: "only spaces", text: " \t ", code: "missing_title"},
		{name: "empty", text: "", code: "missing_title"},
		{name: "301 characters", text: strings.Repeat("ä", 301), code: "too_long"},
		{name: "a megabyte", text: strings.Repeat("x", megabyte), code: "too_long"},
		{name: "two lines", text: "one\ntwo", code: "invalid_title"},
		{name: "a carriage return", text: "one\rtwo", code: "invalid_title"},
		{name: "NUL", text: "a\x00b", code: "invalid_title"},
		{name: "invalid UTF-8", text: "a\xff\xfeb", code: "invalid_title"},
		{name: "a lone surrogate in UTF-8", text: "a\xed\xa0\x80b", code: "invalid_title"},
	}
}

// TestOddTitles hands the same titles in through every door: the command line, a
// tool called from a script, and a tool called by a client.
func TestOddTitles(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	robot := u.agent(t)
	defer robot.close()
	var want []string
	for _, v := range oddTitles() {
		// No program can be handed a NUL or a megabyte as one argument.
		if !strings.Contains(v.text, "\x00") && len(v.text) < 128<<10 {
			r := u.run(t, "task", "add", "--json", "--", v.text)
			want = v.check(t, "command line", want, r)
		}
		input := arguments(v.text)
		r := u.feed(t, input, "call", "create_task", "--input", "-", "--json")
		want = v.check(t, "call", want, r)

		said := robot.call(t, "create_task", json.RawMessage(input))
		require.False(t, said.lost, "%s: %s", v.name, said.text)
		if v.code == "" {
			require.Empty(t, said.code, "%s: %s", v.name, said.text)
			want = append(want, v.kept)
		} else {
			require.NotEmpty(t, said.code, "%s: %s", v.name, said.text)
		}
	}
	require.Equal(t, want, u.sound(t))
	u.must(t, "status")
	u.must(t, "log")
}

// arguments writes a title as JSON, byte for byte.
func arguments(title string) string {
	if strings.ToValidUTF8(title, "") != title {
		return `{"title":"` + title + `"}`
	}
	text, err := json.Marshal(map[string]string{"title": title})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func (v *value) check(t *testing.T, door string, want []string, r result) []string {
	t.Helper()
	if v.code == "" {
		require.Zero(t, r.code, "%s by %s: %s", v.name, door, r.stderr)
		return append(want, v.kept)
	}
	require.Equal(t, 2, r.code, "%s by %s: %s", v.name, door, r.stderr)
	said := r.refused(t)
	if door == "command line" {
		require.Equal(t, v.code, said.Code, v.name)
	}
	if v.code == "too_long" {
		require.Contains(t, said.Message, "at most", v.name)
	}
	require.Less(t, len(r.stderr), 2000, "%s by %s", v.name, door)
	return want
}

// TestOddJSON sends what is no sensible request.
func TestOddJSON(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	for name, input := range map[string]string{
		"a lone surrogate":       `{"title":"a\ud800b"}`,
		"surrogates in disorder": `{"title":"\udc00\ud800"}`,
		"NUL":                    `{"title":"a\u0000b"}`,
		"an object":              `{"title":{}}`,
		"a list":                 `["title"]`,
		"nothing":                ``,
		"unclosed":               `{"title":"x"`,
		"two":                    `{"title":"x"}{"title":"y"}`,
		"a field twice":          `{"title":1,"title":{}}`,
		"deep":                   `{"title":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		"an unknown field":       `{"title":"x","titel":"y"}`,
		"a mark at the front":    "\ufeff{\"title\":7}",
		"ten megabytes":          `{"title":"` + strings.Repeat("x", 10*megabyte) + `"}`,
	} {
		r := u.feed(t, input, "call", "create_task", "--input", "-", "--json")
		require.Equal(t, 2, r.code, "%s: %s%s", name, r.stdout, r.stderr)
		r.refused(t)
		require.Less(t, len(r.stderr), 3000, name)
	}
	require.Empty(t, u.sound(t))
}

// TestOddReferences names tasks, gates, files and projects in ways that fit none.
func TestOddReferences(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	u.must(t, "task", "add", "the only one")
	odd := []string{
		"", " ", "'", `"`, "t-'; DROP TABLE tasks", "../../etc/passwd", "%00", "\xff", "🎂🎂🎂🎂", "t-" + strings.Repeat("0", 1000), "-1", "%", "____", "null",
		"0000", "t-zzzzzzzz",
	}
	for _, name := range odd {
		for _, args := range [][]string{
			{"task", "show", "--json", "--", name},
			{"task", "done", "--json", "--", name},
			{"gate", "show", "--json", "--", name},
			{"project", "show", "--json", "--project=p" + name},
			{"proof", "submit", "--json", "--file", "/nowhere/" + name, "--", "G1", "test_output"},
			{"log", "--json", "--type=" + "x" + name},
			{"task", "add", "x", "--json", "--after=" + "x" + name},
			{"config", "get", "--json", "--", name},
		} {
			r := u.run(t, args...)
			if args[0] == "log" && r.code == 0 {
				continue
			}
			r.refused(t)
			require.Less(t, len(r.stderr), 5000, args)
		}
	}
	require.Equal(t, []string{"the only one"}, u.sound(t))
}

// TestLongTexts holds the bounds of texts of many lines, and that they are kept to
// the last byte.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	u, _ := newUserOnServer(t)
	u.init(t)
	const most = 64_000
	fits := strings.Repeat("ä\n", most/3)
	for _, v := range []value{
		{name: "as much as fits", text: fits, kept: strings.TrimRight(fits, "\n")},
		{name: "one byte too many", text: strings.Repeat("x", most+1), code: "too_long"},
		{name: "a megabyte", text: strings.Repeat("x", megabyte), code: "too_long"},
	} {
		text, err := json.Marshal(map[string]string{"title": v.name, "description": v.text})
		require.NoError(t, err)
		r := u.feed(t, string(text), "call", "create_task", "--input", "-", "--json")
		if v.code != "" {
			require.Equal(t, 2, r.code, r.stderr)
			require.Contains(t, r.refused(t).Message, fmt.Sprint(most), "the message names the limit")
			continue
		}
		require.Zero(t, r.code, r.stderr)
		kept := u.must(t, "task", "list", "--jq", fmt.Sprintf(".data[] | select(.title == %q) | .description", v.name))
		require.Equal(t, v.kept+"\n", kept)
	}
	require.Len(t, u.sound(t), 1)
}
