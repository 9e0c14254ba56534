package cmd

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
)

// sample has everything that JSON has to get right.
type sample struct {
	inner

	ID      uuid.UUID         `json:"id"`
	Title   string            `json:"title"`
	List    []string          `json:"list"`
	Raw     json.RawMessage   `json:"raw"`
	When    time.Time         `json:"when"`
	Later   *time.Time        `json:"later"`
	Counts  map[string]int    `json:"counts"`
	Empty   map[string]string `json:"empty"`
	Skipped string            `json:"-"`
	Absent  string            `json:"absent,omitempty"`
	hidden  string
}

type inner struct {
	Deep []inner `json:"deep"`
}

func aSample() sample {
	zone := time.FixedZone("", 3600)
	return sample{
		Title: `<a> & "b"`, When: time.Date(2026, 5, 1, 13, 0, 0, 0, zone), Counts: map[string]int{"b": 2, "a": 1}, Skipped: "x", hidden: "y",
		Raw: json.RawMessage(`{ "x": 1e3 }`),
	}
}

const sampleJSON = `{"deep":[],"id":"00000000-0000-0000-0000-000000000000","title":"<a> & \"b\"","list":[],"raw":{"x":1e3},` +
	`"when":"2026-05-01T12:00:00Z","later":null,"counts":{"a":1,"b":2},"empty":{}}`

func TestEncodeJSON(t *testing.T) {
	t.Parallel()
	got, err := encodeJSON(aSample())
	require.NoError(t, err)
	require.Equal(t, sampleJSON, string(got)) //nolint:testifylint // the order and the spelling matter, too
	for value, want := range map[any]string{
		nil: "null", (*sample)(nil): "null", time.Time{}: "null", 7: "7", "<": `"<"`, 1.5: "1.5", true: "true",
	} {
		got, err := encodeJSON(value)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
	}
	_, err = encodeJSON(make(chan int))
	require.Error(t, err)
}

// show runs a command that shows samples with some flags.
func show(t *testing.T, tty bool, flags ...string) (stdout, stderr string, code int) {
	t.Helper()
	b := setup(t)
	f := b.factory(80)
	f.IO.OutTTY = tty
	cmd := &cobra.Command{Use: "show", SilenceErrors: true, SilenceUsage: true}
	out := addOutput(cmd, f, []sample{})
	cmd.RunE = func(*cobra.Command, []string) error {
		return out.show([]sample{aSample()}, func(p *printer) { p.line("for people %s", "x\x1b") })
	}
	cmd.SetArgs(flags)
	code = f.report(t.Context(), flags, cmd.ExecuteContext(t.Context()))
	return b.out.String(), b.err.String(), code
}

func TestOutputForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, "for people x␛\n"},
		{[]string{"--json"}, `{"schema_version":1,"data":[` + sampleJSON + "]}\n"},
		{[]string{"--json=title,list"}, `{"schema_version":1,"data":[{"title":"<a> & \"b\"","list":[]}]}` + "\n"},
		{[]string{"--json=deep"}, `{"schema_version":1,"data":[{"deep":[]}]}` + "\n"},
		{[]string{"--jq", ".data[0].title"}, `<a> & "b"` + "\n"},
		{[]string{"--jq", ".data[] | {title}"}, `{"title":"<a> & \"b\""}` + "\n"},
		{[]string{"--jq", "empty"}, ""},
		{[]string{"--jq", ".data[0].title, halt"}, `<a> & "b"` + "\n"},
		{[]string{"--json=title", "--jq", ".data[0] | keys[]"}, "title\n"},
		{[]string{"--template", "{{range .data}}{{.title}}{{end}}"}, `<a> & "b"`},
	} {
		stdout, stderr, code := show(t, false, c.flags...)
		require.Equal(t, c.want, stdout, c.flags)
		require.Empty(t, stderr)
		require.Zero(t, code)
	}
	stdout, _, _ := show(t, true, "--json=list")
	require.Equal(t, "{\n  \"schema_version\": 1,\n  \"data\": [\n    {\n      \"list\": []\n    }\n  ]\n}\n", stdout) //nolint:testifylint // the indentation matters, too
}

func TestWrongFormsAreUsageErrors(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{
		{"--json=nope"}, {"--json=title,"}, {"--jq", "["}, {"--jq", "error(\"x\")"}, {"--jq", ".", "--template", "x"},
		{"--template", "{{"}, {"--template", "{{.nope}}"},
	} {
		stdout, stderr, code := show(t, false, flags...)
		require.Equal(t, 2, code, flags)
		require.Empty(t, stdout)
		var e struct {
			Error jsonFault `json:"error"`
		}
		require.NoError(t, json.Unmarshal([]byte(stderr), &e), stderr)
		require.NotEmpty(t, e.Error.Code)
		require.NotEmpty(t, e.Error.Message)
	}
}

func TestErrorsForPeopleAndPrograms(t *testing.T) {
	t.Parallel()
	b := setup(t)
	f := newFactory(b.process)
	e := fault.NotAllowed("gate_not_ready", "gate %s stays shut\x1b[2J", "G1").WithHint("run `x`").WithDetails([]string{"a"})
	require.Equal(t, 4, f.report(t.Context(), []string{"gate"}, e))
	require.Equal(t, "error: gate G1 stays shut␛[2J\nhint: run `x`\n", b.err.String())
	b.err.Reset()
	require.Equal(t, 4, f.report(t.Context(), []string{"gate", "--json=id"}, e))
	require.JSONEq(t, `{"error":{"code":"gate_not_ready","message":"gate G1 stays shut\u001b[2J","hint":"run `+"`x`"+`","details":["a"]}}`, b.err.String())
	require.False(t, wantsJSON([]string{"proof", "capture", "--", "x", "--json"}))
}
