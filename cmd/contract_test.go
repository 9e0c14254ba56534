package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
)

// nowhere is a database that refuses connections.
const nowhere = "postgres://nobody@127.0.0.1:1/x"

// world is a project in a folder, with a database of its own.
type world struct {
	*bundle

	t      *testing.T
	url    string
	papers int
}

func newWorld(t *testing.T, private bool) *world {
	t.Helper()
	w := &world{bundle: setup(t), t: t}
	w.setenv("GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada",
		"GIT_COMMITTER_EMAIL=ada@example.org", "LAYERCAKE_POSTGRES_BIN="+os.Getenv("LAYERCAKE_POSTGRES_BIN"))
	if private {
		w.setenv("LAYERCAKE_DATA_DIR=" + clustertest.Own(t).DataDir)
	} else {
		w.url = clustertest.Clone(t, templateKey(t), migrated)
		w.setenv("LAYERCAKE_DATABASE_URL="+w.url, "LAYERCAKE_DATA_DIR="+t.TempDir())
	}
	w.run("init", "--yes", "--name", "Shop", "--preset", "simple", "--level", "demo")
	w.seed()
	return w
}

// migrated fills the database that each test gets a copy of.
func migrated(ctx context.Context, url string) error {
	d, err := db.Open(ctx, url, db.Options{Migrate: true})
	if err != nil {
		return err
	}
	d.Close()
	return nil
}

// templateKey changes with the schema.
func templateKey(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("../db/migrations/*.sql")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	key := "contract"
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		key += string(text)
	}
	return key
}

func (w *world) setenv(values ...string) { w.process.Environ = append(w.process.Environ, values...) }

// seed writes the files that the rows hand in.
func (w *world) seed() {
	w.write("answers.yaml", "what: x\ndone: y\n")
	w.write("paper.md", strings.Repeat("words ", 20))
}

func (w *world) commit() {
	w.t.Helper()
	for _, args := range [][]string{{"add", "-A"}, {"commit", "--quiet", "--allow-empty", "--message", "Work"}} {
		cmd := exec.CommandContext(w.t.Context(), "git", args...)
		cmd.Dir, cmd.Env = w.process.Dir, w.process.Environ
		out, err := cmd.CombinedOutput()
		require.NoError(w.t, err, "%s", out)
	}
}

// run runs a command that works, and returns what it prints.
func (w *world) run(args ...string) string {
	w.t.Helper()
	out, stderr, code := w.try(args...)
	require.Zero(w.t, code, "%v: %s%s", args, out, stderr)
	return out
}

// try runs a command.
func (w *world) try(args ...string) (stdout, stderr string, code int) {
	w.t.Helper()
	code = w.bundle.run(w.t, args...)
	return w.out.String(), w.err.String(), code
}

// id runs a command that makes something, and returns its id.
func (w *world) id(args ...string) string {
	w.t.Helper()
	return strings.TrimSpace(w.run(append(slices.Clone(args), "-q")...))
}

// head is the number of the last event of every project.
func (w *world) head() string {
	w.t.Helper()
	if w.url == "" {
		return ""
	}
	return w.run("db", "psql", "--", "-Atc", "SELECT count(*) FROM layercake.events")
}

// TestEveryCommandKeepsTheContract runs every command in each of its forms, on a
// real project. What it holds is written in `layercake help formatting` and
// `layercake help exit-codes`.
func TestEveryCommandKeepsTheContract(t *testing.T) {
	t.Parallel()
	table := rows()
	f := newFactory(setup(t).process)
	for _, c := range commands(newCmdRoot(f)) {
		if c.HasSubCommands() && c.HasParent() && !slices.Contains([]string{"mcp", "log", "sync", "search"}, c.Name()) {
			continue
		}
		path := strings.TrimPrefix(strings.TrimPrefix(c.CommandPath(), "layercake"), " ")
		r, ok := table[path]
		require.True(t, ok, "the table has no row for %q", path)
		delete(table, path)
		require.Equal(t, !r.text, f.outputs[c] != nil, "%q has an answer for programs", path)
		t.Run(strings.ReplaceAll("layercake "+path, " ", "_"), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, r.private)
			check := contract{world: w, row: r, cmd: c, out: f.outputs[c]}
			args := check.args()
			check.refusesWhatIsWrong(args)
			check.dryRunChangesNothing(args)
			check.databaseDown(args)
			if !r.text {
				check.answersPrograms()
			}
			check.answersPeople()
		})
	}
	require.Empty(t, table, "rows of commands that do not exist")
}

// contract is a command under test.
type contract struct {
	*world

	row  row
	cmd  *cobra.Command
	out  *output
	made []string
}

// args makes what the command needs, and returns its arguments. What changes
// nothing needs it once.
func (c *contract) args() []string {
	c.t.Helper()
	if c.made == nil || c.row.changes || c.row.endless {
		c.made = c.row.args(c.world)
	}
	return c.made
}

// call makes what the command needs and runs it with further flags, which come
// before its own so that a "--" does not swallow them.
func (c *contract) call(flags ...string) (stdout, stderr string, code int) {
	c.t.Helper()
	return c.callWith(c.args(), flags...)
}

func (c *contract) callWith(args []string, flags ...string) (stdout, stderr string, code int) {
	c.t.Helper()
	depth := len(strings.Fields(c.cmd.CommandPath())) - 1
	args = slices.Concat(args[:depth], flags, args[depth:])
	if !c.row.endless {
		return c.try(args...)
	}
	return c.untilItAnswers(args...)
}

// untilItAnswers runs a command that goes on and on, and interrupts it.
func (w *world) untilItAnswers(args ...string) (stdout, stderr string, code int) {
	w.t.Helper()
	ctx, interrupt := context.WithCancel(w.t.Context())
	defer interrupt()
	var out, errs bytes.Buffer
	p := w.process
	p.Args, p.Out, p.Err = args, answered{&out, interrupt}, &errs
	code = Run(ctx, p)
	return out.String(), errs.String(), code
}

// answered interrupts a command as soon as it says something.
type answered struct {
	io.Writer

	interrupt func()
}

func (a answered) Write(p []byte) (int, error) {
	defer a.interrupt()
	return a.Writer.Write(p)
}

// fault checks that a call failed as programs expect, and returns its error.
func (c *contract) fault(wantCode int, stdout, stderr string, code int) jsonFault {
	c.t.Helper()
	require.Equal(c.t, wantCode, code, stderr)
	require.Empty(c.t, stdout)
	require.Equal(c.t, 1, strings.Count(stderr, "\n"), stderr)
	var body map[string]jsonFault
	require.NoError(c.t, json.Unmarshal([]byte(stderr), &body), stderr)
	require.Len(c.t, body, 1)
	e := body["error"]
	require.Regexp(c.t, `^[a-z0-9_]+$`, e.Code)
	require.NotEmpty(c.t, e.Message)
	require.NotEmpty(c.t, e.Hint, e.Code)
	return e
}

// refusesWhatIsWrong gives the command what it does not take: nothing is done.
func (c *contract) refusesWhatIsWrong(args []string) {
	c.t.Helper()
	before := c.head()
	stdout, stderr, code := c.callWith(args, "--no-such-flag", "--json")
	require.Equal(c.t, "unknown_flag", c.fault(2, stdout, stderr, code).Code)
	if !c.row.any {
		e := c.fault3(c.callWith(append(slices.Clone(args), "one", "too", "many"), "--json"))
		if !c.row.text {
			require.Contains(c.t, []string{"unexpected_argument", "unknown_command"}, e.Code)
		}
	}
	if c.row.text {
		require.Equal(c.t, before, c.head())
		return
	}
	e := c.fault3(c.callWith(args, "--json=no_such_field"))
	require.Equal(c.t, "unknown_field", e.Code)
	for _, field := range c.out.fields() {
		require.Contains(c.t, e.Message, field)
	}
	require.Equal(c.t, "conflicting_flags", c.fault3(c.callWith(args, "--jq", ".", "--template", "x")).Code)
	require.Equal(c.t, "invalid_jq", c.fault3(c.callWith(args, "--jq", ".[")).Code)
	require.Equal(c.t, "invalid_template", c.fault3(c.callWith(args, "--template", "{{")).Code)
	require.Equal(c.t, before, c.head(), "something was done")
}

func (c *contract) fault3(stdout, stderr string, code int) jsonFault {
	c.t.Helper()
	return c.fault(2, stdout, stderr, code)
}

// databaseDown runs the command while the database does not answer.
func (c *contract) databaseDown(args []string) {
	c.t.Helper()
	if c.row.private {
		return // it starts and stops the database
	}
	c.setenv("LAYERCAKE_DATABASE_URL=" + nowhere)
	defer func() { c.process.Environ = c.process.Environ[:len(c.process.Environ)-1] }()
	if c.row.alone || c.row.text {
		_, stderr, code := c.callWith(args)
		require.Equal(c.t, c.row.downCode, code, stderr)
		return
	}
	stdout, stderr, code := c.callWith(args, "--json")
	e := c.fault(6, stdout, stderr, code)
	require.NotEmpty(c.t, e.Code)
}

// dryRunChangesNothing runs the command with --dry-run, if it has that: neither
// the log, nor the project's files, nor a folder that it could make, are others
// afterwards.
func (c *contract) dryRunChangesNothing(args []string) {
	c.t.Helper()
	if c.cmd.Flags().Lookup("dry-run") == nil {
		return
	}
	head, files := c.head(), c.files()
	stdout, stderr, code := c.callWith(args, "--dry-run", "--json")
	require.Zero(c.t, code, stderr)
	require.Empty(c.t, stderr)
	c.envelope(stdout)
	stdout, stderr, code = c.callWith(args, "--dry-run")
	require.Zero(c.t, code, stderr)
	require.NotEmpty(c.t, stdout)
	require.Equal(c.t, head, c.head())
	require.Equal(c.t, files, c.files())
}

// files are the files of the working directory with what is in them.
func (w *world) files() map[string]string {
	w.t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(w.process.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() == ".git" && d.IsDir() {
			return cmp.Or(err, fs.SkipDir)
		}
		content, err := os.ReadFile(path)
		if d.IsDir() {
			content, err = nil, nil
		}
		found[path] = string(content)
		return err
	})
	require.NoError(w.t, err)
	return found
}

// answersPrograms runs the command in each form for programs.
func (c *contract) answersPrograms() {
	c.t.Helper()
	stdout, stderr, code := c.call("--json")
	require.Equal(c.t, c.row.code, code, stderr)
	require.Empty(c.t, stderr)
	data := c.envelope(stdout)
	c.matches(data)

	if fields := c.out.fields(); len(fields) > 1 {
		some := []string{fields[len(fields)-1], fields[0]}
		stdout, stderr, code = c.call("--json="+strings.Join(some, ","), "--jq", ".")
		require.Equal(c.t, c.row.code, code, stderr)
		require.Empty(c.t, stderr)
		for _, record := range records(c.envelope(stdout)) {
			require.Len(c.t, record, len(some), stdout)
			for _, field := range some {
				require.Contains(c.t, record, field)
			}
		}
	}
	if c.row.changes {
		return // the other forms are the same for all, and a change takes a while
	}
	for _, form := range [][]string{{"--jq", ".schema_version"}, {"--template", "{{.schema_version}}\n"}} {
		stdout, stderr, code = c.call(form...)
		require.Equal(c.t, c.row.code, code, stderr)
		require.Equal(c.t, strconv.Itoa(schemaVersion)+"\n", stdout)
		require.Empty(c.t, stderr)
	}
}

// envelope checks that a document is one, on one line, and returns its data.
func (c *contract) envelope(document string) any {
	c.t.Helper()
	require.Equal(c.t, 1, strings.Count(document, "\n"), document)
	var body map[string]any
	dec := json.NewDecoder(strings.NewReader(document))
	dec.UseNumber()
	require.NoError(c.t, dec.Decode(&body), document)
	require.Len(c.t, body, 2)
	require.Equal(c.t, json.Number("1"), body["schema_version"])
	require.Contains(c.t, body, "data")
	return body["data"]
}

// records returns the records of an answer, which is one of them or a list.
func records(data any) []map[string]any {
	list, ok := data.([]any)
	if !ok {
		list = []any{data}
	}
	out := []map[string]any{}
	for _, r := range list {
		if record, ok := r.(map[string]any); ok {
			out = append(out, record)
		}
	}
	return out
}

// matches checks that an answer has the fields that the help lists, and that no
// list in it is null.
func (c *contract) matches(data any) {
	c.t.Helper()
	if len(c.out.fields()) == 0 {
		return // the tool says what it answers
	}
	require.NotEmpty(c.t, records(data), "there is nothing to look at")
	for _, record := range records(data) {
		conforms(c.t, shapeOf(c.out.record), record, c.cmd.CommandPath())
	}
}

var header = regexp.MustCompile(`^(#|[A-Z][A-Z ]+)(\t|$)`)

// answersPeople runs the command as people do, in a pipe.
func (c *contract) answersPeople() {
	c.t.Helper()
	args := c.args()
	stdout, stderr, code := c.callWith(args)
	require.Equal(c.t, c.row.code, code, stderr)
	require.NotContains(c.t, stdout+stderr, "\x1b")
	if c.row.list {
		lines := strings.Split(strings.TrimSuffix(stdout, "\n"), "\n")
		require.NotRegexp(c.t, header, lines[0])
		document, _, _ := c.callWith(args, "--json")
		require.Len(c.t, lines, len(records(c.envelope(document))), stdout)
		if c.cmd.CommandPath() == "layercake task graph" {
			return // a tree, not a table
		}
		for _, line := range lines {
			require.Equal(c.t, strings.Count(lines[0], "\t"), strings.Count(line, "\t"), stdout)
		}
	}
	if c.row.changes {
		stdout, stderr, code = c.call("-q")
		require.Equal(c.t, c.row.code, code, stderr)
		require.Regexp(c.t, `^\S+\n$`, stdout)
		require.Empty(c.t, stderr)
	}
}

// TestNothingIsAnEmptyList runs every list in a project that has nothing.
func TestNothingIsAnEmptyList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	for path, r := range rows() {
		// These are never empty.
		if !r.list || slices.Contains([]string{"config list", "mcp tools", "gate list", "log", "project list", "deliverable list", "db rebuild", "agent list", "queue stats"}, path) {
			continue
		}
		stdout, stderr, code := w.try(append(strings.Fields(path), "--json")...)
		require.Zero(t, code, stderr)
		require.JSONEq(t, `{"schema_version":1,"data":[]}`, stdout, path)
		require.Empty(t, stderr, path)
		stdout, _, code = w.try(strings.Fields(path)...)
		require.Zero(t, code)
		require.Empty(t, stdout, path)
	}
}

// TestNothingHangsWithoutATerminal runs every command with nothing but its name.
// None of them asks, as there is nobody to answer.
func TestNothingHangsWithoutATerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	for path, r := range rows() {
		if r.endless || path == "worker" {
			continue // that is what it is for
		}
		stdout, stderr, code := w.try(strings.Fields(path)...)
		require.NotEqual(t, 130, code, path)
		require.NotContains(t, stdout, "[y/N]", path)
		if code != 0 {
			require.NotContains(t, stderr, "Usage", path)
		}
	}
}

// TestJSONFieldsArePinned compares every field of every answer with what it was
// when somebody last looked. Adding one is fine, and shows here; renaming or
// removing one breaks scripts.
func TestJSONFieldsArePinned(t *testing.T) {
	t.Parallel()
	f := newFactory(setup(t).process)
	var text bytes.Buffer
	for _, c := range commands(newCmdRoot(f)) {
		out := f.outputs[c]
		if out == nil {
			continue
		}
		text.WriteString(c.CommandPath() + "\n")
		writeShape(&text, "  ", shapeOf(out.record))
	}
	const file = "testdata/json-fields.txt"
	if os.Getenv("LAYERCAKE_UPDATE") != "" {
		require.NoError(t, os.WriteFile(file, text.Bytes(), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), text.String(), "look at what changed, then run: LAYERCAKE_UPDATE=1 go test ./cmd -run JSONFields")
}

// TestMigrationCanBeTried runs it on a database that has never been set up.
func TestMigrationCanBeTried(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.process.Environ = append(b.process.Environ, "LAYERCAKE_DATABASE_URL="+clustertest.Database(t), "LAYERCAKE_DATA_DIR="+t.TempDir())
	for range 2 {
		require.Zero(t, b.run(t, "db", "migrate", "--dry-run", "--jq", ".data | [.pending, .migrated] | tostring"), b.err.String())
		require.Equal(t, "[true,false]\n", b.out.String())
		require.Equal(t, 5, b.run(t, "project", "list"), b.err.String())
		require.Contains(t, b.err.String(), "has not been set up")
	}
	require.Zero(t, b.run(t, "db", "migrate"), b.err.String())
	require.Contains(t, b.out.String(), "the schema is now version")
	require.Zero(t, b.run(t, "project", "list"), b.err.String())
}
