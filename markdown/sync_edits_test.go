package markdown_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
	"github.com/layercake-dev/layercake/markdown"
)

// desk is a person with a project on a real database, in a real repository.
type desk struct {
	t    *testing.T
	app  *core.App
	ada  core.Caller
	id   core.View
	root string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	store, err := db.Open(t.Context(), clustertest.Database(t), db.Options{MaxConns: 4, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	app := core.New(core.Config{Store: store, Artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})})
	ada := core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}}
	pr, err := app.Projects.Create(t.Context(), ada, core.NewProject{Name: "Shop"})
	require.NoError(t, err)
	d := &desk{t: t, app: app, ada: ada, id: core.View{Project: pr.ID}, root: t.TempDir()}
	d.git("init", "-q", "-b", "main")
	d.git("config", "user.name", "Ada")
	d.git("config", "user.email", "ada@example.org")
	d.sync()
	return d
}

func (d *desk) git(args ...string) {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), "git", args...)
	cmd.Dir = d.root
	out, err := cmd.CombinedOutput()
	require.NoError(d.t, err, "%v: %s", args, out)
}

func (d *desk) params() markdown.SyncParams {
	return markdown.SyncParams{Project: d.id.Project, Root: d.root, Home: true, By: d.ada}
}

func (d *desk) try(change func(p *markdown.SyncParams)) (*markdown.SyncResult, error) {
	p := d.params()
	if change != nil {
		change(&p)
	}
	return markdown.New(d.app.Sync).Sync(context.WithoutCancel(d.t.Context()), p)
}

// sync syncs, and holds that files and database are in step then.
func (d *desk) sync() *markdown.SyncResult {
	d.t.Helper()
	result, err := d.try(nil)
	require.NoError(d.t, err)
	require.Empty(d.t, result.Refused)
	again, err := d.try(func(p *markdown.SyncParams) { p.DryRun = true })
	require.NoError(d.t, err)
	require.True(d.t, again.InStep, "%+v", again)
	diff, err := d.app.Log.Compare(d.t.Context(), d.id.Project)
	require.NoError(d.t, err)
	require.Empty(d.t, diff)
	return result
}

func (d *desk) path(name string) string { return filepath.Join(d.root, "docs", name) }

func (d *desk) read(name string) string {
	d.t.Helper()
	text, err := os.ReadFile(d.path(name))
	require.NoError(d.t, err)
	return string(text)
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	require.NoError(d.t, os.WriteFile(d.path(name), []byte(text), 0o600))
}

// edit replaces something that must be in a file.
func (d *desk) edit(name string, pairs ...string) {
	d.t.Helper()
	text := d.read(name)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(d.t, text, pairs[i], name)
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	d.write(name, text)
}

// cut takes a part out of a file: from one text up to another.
func (d *desk) cut(name, from, to string) {
	d.t.Helper()
	before, rest, ok := strings.Cut(d.read(name), from)
	require.True(d.t, ok, from)
	_, after, ok := strings.Cut(rest, to)
	require.True(d.t, ok, to)
	d.write(name, before+to+after)
}

func (d *desk) add(title string, in core.NewTask) *project.Task {
	d.t.Helper()
	in.Title = title
	task, err := d.app.Tasks.Add(d.t.Context(), d.ada, d.id.Project, in)
	require.NoError(d.t, err)
	d.sync()
	return task
}

func (d *desk) task(id string) *project.Task {
	d.t.Helper()
	task, err := d.app.Tasks.Get(d.t.Context(), d.id, id)
	require.NoError(d.t, err)
	return task
}

func (d *desk) tasks() []project.Task {
	d.t.Helper()
	tasks, err := d.app.Tasks.List(d.t.Context(), d.id, core.TaskQuery{})
	require.NoError(d.t, err)
	return tasks
}

func (d *desk) byTitle(title string) *project.Task {
	d.t.Helper()
	list := d.tasks()
	for i := range list {
		if list[i].Title == title {
			return &list[i]
		}
	}
	require.Fail(d.t, "no task "+title)
	return nil
}

const stampStart = "\n<!-- layercake"

// Everything that people naturally do to a task in the file.
func TestTasksAreEditedInTheFile(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	first := d.add("Bake", core.NewTask{Priority: project.PriorityHigh, Phase: workflow.PhasePlanning})
	second := d.add("Sell", core.NewTask{DependsOn: []string{first.ID}, Phase: workflow.PhasePlanning, Description: "Old words."})
	third := d.add("Clean", core.NewTask{Phase: workflow.PhasePlanning})

	d.edit("TASKS.md",
		"** Bake\n", "** Bake **two** cakes | `x` 🎂\n", "- priority: high", "- priority: low · owner: ada · specs: a.yaml, b.yaml",
		"> Old words.", "> New words.\n  >\n  > - a list\n  > - [ ] in it",
		"- [ ] **t-"+third.ID, "- [x] **t-"+third.ID)
	d.sync()
	got := d.task(first.ID)
	require.Equal(t, "Bake **two** cakes | `x` 🎂", got.Title)
	require.Equal(t, project.PriorityLow, got.Priority)
	require.Equal(t, "ada", got.Owner)
	require.Equal(t, []string{"a.yaml", "b.yaml"}, got.SpecRefs)
	require.Equal(t, "New words.\n\n- a list\n- [ ] in it", d.task(second.ID).Description)
	require.Equal(t, project.TaskComplete, d.task(third.ID).Status)

	// Ticking two that wait for each other, the later one first in the file.
	d.edit("TASKS.md", "- [ ] **t-"+second.ID, "- [x] **t-"+second.ID, "- [ ] **t-"+first.ID, "- [x] **t-"+first.ID)
	d.sync()
	require.Equal(t, project.TaskComplete, d.task(first.ID).Status)
	require.Equal(t, project.TaskComplete, d.task(second.ID).Status)
	// And taking the tick away.
	d.edit("TASKS.md", "- [x] **t-"+second.ID, "- [ ] **t-"+second.ID)
	d.sync()
	require.Equal(t, project.TaskNotStarted, d.task(second.ID).Status)

	// The state as a word, a new dependency by a short id, another phase.
	fourth := d.add("Ship", core.NewTask{Phase: workflow.PhasePlanning})
	text := d.read("TASKS.md")
	row := text[strings.Index(text, "- [ ] **t-"+fourth.ID):strings.Index(text, stampStart)]
	d.write("TASKS.md", strings.Replace(text, row, "", 1))
	d.edit("TASKS.md", stampStart, "## Development\n\n- [ ] **t-"+fourth.ID+"** Ship\n  - status: in progress · after: "+first.ShortID+"\n"+stampStart)
	d.sync()
	got = d.task(fourth.ID)
	require.Equal(t, workflow.PhaseDevelopment, got.Phase)
	require.Equal(t, project.TaskInProgress, got.Status)
	require.Equal(t, []string{first.ID}, got.DependsOn)

	// New ones, as people write them.
	d.edit("TASKS.md", stampStart, "- Paint\n* [ ] Polish\n  - priority: critical\n  With care.\n- [x] Done before\n- Paint\n"+stampStart)
	d.sync()
	require.Equal(t, project.PriorityCritical, d.byTitle("Polish").Priority)
	require.Equal(t, "With care.", d.byTitle("Polish").Description)
	require.Equal(t, project.TaskComplete, d.byTitle("Done before").Status)
	n := 0
	for _, task := range d.tasks() {
		if task.Title == "Paint" {
			n++
		}
	}
	require.Equal(t, 2, n, "two lines are two tasks")
}

// Moving a line changes the order and nothing else.
func TestLinesAreMoved(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, title := range []string{"One", "Two", "Three", "Four", "Five"} {
		d.add(title, core.NewTask{})
	}
	order := func() []string {
		doc, err := markdown.Parse("TASKS.md", []byte(d.read("TASKS.md")))
		require.NoError(t, err)
		var titles []string
		for _, r := range doc.Records() {
			titles = append(titles, r.Fields["title"])
		}
		return titles
	}
	move := func(title, before string) {
		text := d.read("TASKS.md")
		row := func(title string) string {
			at := strings.Index(text, "** "+title+"\n")
			start := strings.LastIndex(text[:at], "\n") + 1
			end := at + strings.Index(text[at:], "\n  - ") + 1
			end += strings.Index(text[end:], "\n") + 1
			return text[start:end]
		}
		moved, target := row(title), row(before)
		text = strings.Replace(text, moved, "", 1)
		d.write("TASKS.md", strings.Replace(text, target, moved+target, 1))
	}
	move("Five", "Two")
	before, err := d.app.Log.Head(t.Context(), d.id.Project)
	require.NoError(t, err)
	d.sync()
	require.Equal(t, []string{"One", "Five", "Two", "Three", "Four"}, order())
	after, err := d.app.Log.Head(t.Context(), d.id.Project)
	require.NoError(t, err)
	require.Equal(t, before.Version+1, after.Version, "one line moved, one event")
	move("Four", "One")
	move("Two", "Five")
	d.sync()
	require.Equal(t, []string{"Four", "One", "Two", "Five", "Three"}, order())
	d.edit("TASKS.md", "- [ ] **t-"+d.byTitle("Two").ID, "- [ ] Between\n- [ ] **t-"+d.byTitle("Two").ID)
	d.sync()
	require.Equal(t, []string{"Four", "One", "Between", "Two", "Five", "Three"}, order())
	// Again and again at the same place.
	for range 60 {
		for _, title := range []string{"Three", "Four"} {
			move(title, "One")
			_, err := d.try(nil)
			require.NoError(t, err)
		}
	}
	d.sync()
	require.Equal(t, []string{"Three", "Four", "One", "Between", "Two", "Five"}, order())
}

// A line that is taken out gives the task up; it comes back with its line.
func TestLinesAreTakenOutAndPutBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	open, done := d.add("Open", core.NewTask{}), d.add("Done", core.NewTask{})
	kept := d.add("Kept", core.NewTask{})
	_, err := d.app.Tasks.Step(t.Context(), d.ada, d.id.Project, done.ID, project.StepDone, "", 0)
	require.NoError(t, err)
	d.sync()
	whole := d.read("TASKS.md")
	d.cut("TASKS.md", "- [ ] **t-"+open.ID, "- [ ] **t-"+kept.ID)
	result := d.sync()
	require.Len(t, result.Taken, 2)
	require.Equal(t, project.TaskCancelled, d.task(open.ID).Status)
	require.Equal(t, project.TaskComplete, d.task(done.ID).Status, "what is done stays done")
	require.NotContains(t, d.read("TASKS.md"), open.ID)
	require.NotContains(t, d.read("TASKS.md"), done.ID)

	// The rows as they were, from git or from memory.
	rows := whole[strings.Index(whole, "- [ ] **t-"+open.ID):strings.Index(whole, "- [ ] **t-"+kept.ID)]
	d.edit("TASKS.md", "- [ ] **t-"+kept.ID, rows+"- [ ] **t-"+kept.ID)
	d.sync()
	require.Equal(t, project.TaskNotStarted, d.task(open.ID).Status)
	require.Equal(t, project.TaskComplete, d.task(done.ID).Status)
	require.Contains(t, d.read("TASKS.md"), done.ID)

	for i := range 6 {
		d.add("More "+string(rune('a'+i)), core.NewTask{})
	}
	d.cut("TASKS.md", "- [ ] **t-", stampStart)
	refused, err := d.try(nil)
	require.NoError(t, err)
	require.Len(t, refused.Refused, 1)
	require.Contains(t, refused.Refused[0].Message, "lines of records are gone")
	require.Equal(t, project.TaskNotStarted, d.task(open.ID).Status)
	_, err = d.try(func(p *markdown.SyncParams) { p.AllowDelete = true })
	require.NoError(t, err)
	require.Equal(t, project.TaskCancelled, d.task(open.ID).Status)

	// A file that is gone, or empty, is no wish at all.
	last := d.add("Last", core.NewTask{})
	require.NoError(t, os.Remove(d.path("TASKS.md")))
	d.sync()
	d.write("TASKS.md", "\n")
	d.sync()
	require.Equal(t, project.TaskNotStarted, d.task(last.ID).Status)
	require.Contains(t, d.read("TASKS.md"), last.ID)
}

// Decisions and memories as free markdown, and what is changed in them.
func TestDecisionsAndMemoriesAreWritten(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.edit("DECISIONS.md", stampStart, "## Use Postgres\n\nIt is there, and it works.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n### Context\n\nOrders got lost.\n\n"+
		"### Alternatives\n\n- A spreadsheet\n- Paper\n"+stampStart)
	d.edit("MEMORY.md", stampStart, "## Gotcha\n\n- Ovens are hot\n  - tags: oven, heat\n  Wear gloves.\n\n## Notes\n\n- Call the miller.\n\n## Something of mine\n\nFree.\n"+stampStart)
	d.sync()
	decisions, err := d.app.Records.Decisions(t.Context(), d.id)
	require.NoError(t, err)
	require.Len(t, decisions, 1)
	require.Equal(t, "Use Postgres", decisions[0].Title)
	require.Equal(t, "It is there, and it works.\n\n| a | b |\n|---|---|\n| 1 | 2 |", decisions[0].Decision)
	require.Equal(t, "Orders got lost.", decisions[0].Context)
	require.Equal(t, []string{"A spreadsheet", "Paper"}, decisions[0].Alternatives)
	memories, err := d.app.Records.Memories(t.Context(), d.id, true)
	require.NoError(t, err)
	require.Len(t, memories, 1)
	require.Equal(t, "gotcha", memories[0].Kind)
	require.Equal(t, []string{"oven", "heat"}, memories[0].Tags)
	require.Equal(t, "Wear gloves.", memories[0].Content)
	notes, err := d.app.Records.Notes(t.Context(), d.id, "", "", 0)
	require.NoError(t, err)
	require.Len(t, notes, 1)
	require.Contains(t, d.read("MEMORY.md"), "## Something of mine\n\nFree.\n")

	d.edit("DECISIONS.md", "Orders got lost.", "Orders got lost again.", ": Use Postgres", ": Use Postgres 15")
	d.edit("MEMORY.md", "Wear gloves.", "Wear two gloves.", "Call the miller.", "Call the baker.")
	d.sync()
	decisions, err = d.app.Records.Decisions(t.Context(), d.id)
	require.NoError(t, err)
	require.Equal(t, "Use Postgres 15", decisions[0].Title)
	require.Equal(t, "Orders got lost again.", decisions[0].Context)
	notes, err = d.app.Records.Notes(t.Context(), d.id, "", "", 0)
	require.NoError(t, err)
	require.Equal(t, "Call the baker.", notes[0].Text)

	// A decision is not undone by taking its section out; a memory is.
	d.cut("DECISIONS.md", "## d-", stampStart)
	d.cut("MEMORY.md", "- **m-", "\n## Notes\n")
	d.sync()
	require.Contains(t, d.read("DECISIONS.md"), "Use Postgres 15")
	memories, err = d.app.Records.Memories(t.Context(), d.id, true)
	require.NoError(t, err)
	require.NotEmpty(t, memories[0].Retracted)
	require.NotContains(t, d.read("MEMORY.md"), "gloves")
}

// What both sides changed is a conflict with both words, and each way out works.
func TestConflictsKeepBothSides(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	task := d.add("Bake", core.NewTask{Description: "one\ntwo\nthree\nfour\nfive"})
	change := func(title, description string) {
		t.Helper()
		in := core.TaskChange{Title: &title}
		if description != "" {
			in.Description = &description
		}
		_, err := d.app.Tasks.Edit(t.Context(), d.ada, d.id.Project, task.ID, in)
		require.NoError(t, err)
	}
	// Different lines of one text go together.
	change("Bake", "one\ntwo\nthree\nfour\nFIVE")
	d.edit("TASKS.md", "> one\n", "> ONE\n")
	d.sync()
	require.Equal(t, "ONE\ntwo\nthree\nfour\nFIVE", d.task(task.ID).Description)

	w := markdown.New(d.app.Sync)
	for _, c := range []struct{ choice, value, want string }{
		{project.ChoiceOurs, "", "Ours"}, {project.ChoiceTheirs, "", "Theirs"}, {project.ChoiceEdit, "Neither", "Neither"},
	} {
		change("Base "+c.choice, "")
		d.sync()
		change("Ours", "")
		d.edit("TASKS.md", "** Base "+c.choice+"\n", "** Theirs\n")
		result := d.sync()
		require.Len(t, result.Conflicts, 1)
		found := result.Conflicts[0]
		require.Equal(t, "Ours", found.Ours)
		require.Equal(t, "Theirs", found.Theirs)
		require.Equal(t, "Ours", d.task(task.ID).Title)
		require.Contains(t, d.read("TASKS.md"), found.ID)
		require.Contains(t, d.read("TASKS.md"), "Theirs")
		require.Contains(t, d.read("STATUS.md"), found.ID)
		_, err := w.Resolve(t.Context(), markdown.ResolveParams{Project: d.id.Project, By: d.ada, Conflict: found.ID, Choice: c.choice, Value: c.value})
		require.NoError(t, err)
		d.sync()
		require.Equal(t, c.want, d.task(task.ID).Title)
		require.NotContains(t, d.read("TASKS.md"), found.ID)
	}
	// Taken out in the file, changed in the database.
	other := d.add("Other", core.NewTask{})
	title := "Other, changed"
	_, err := d.app.Tasks.Edit(t.Context(), d.ada, d.id.Project, other.ID, core.TaskChange{Title: &title})
	require.NoError(t, err)
	d.cut("TASKS.md", "- [ ] **t-"+other.ID, stampStart)
	result := d.sync()
	require.Len(t, result.Conflicts, 1)
	require.Contains(t, d.read("TASKS.md"), title)
	_, err = w.Resolve(t.Context(), markdown.ResolveParams{
		Project: d.id.Project, By: d.ada, Conflict: result.Conflicts[0].ID, Choice: project.ChoiceTheirs,
	})
	require.NoError(t, err)
	d.sync()
	require.Equal(t, project.TaskCancelled, d.task(other.ID).Status)

	// What the rules refuse is kept as a conflict with the reason.
	last := d.add("Last", core.NewTask{DependsOn: []string{task.ID}})
	d.edit("TASKS.md", "- [ ] **t-"+last.ID, "- [x] **t-"+last.ID)
	result = d.sync()
	require.Len(t, result.Conflicts, 1)
	require.Contains(t, result.Conflicts[0].Reason, "waits")
	require.Equal(t, project.TaskNotStarted, d.task(last.ID).Status)
}

// Files as they are found in the wild.
func TestFilesInAnyShape(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	task := d.add("Bake", core.NewTask{})
	// With the line ends and the mark of Windows.
	text := strings.ReplaceAll(d.read("TASKS.md"), "\n", "\r\n")
	d.write("TASKS.md", "\ufeff"+text)
	d.sync()
	d.write("TASKS.md", "\ufeff"+strings.Replace(strings.ReplaceAll(d.read("TASKS.md"), "\n", "\r\n"), "** Bake", "** Bake more", 1))
	d.sync()
	require.Equal(t, "Bake more", d.task(task.ID).Title)

	refuse := func(what string, spoil func(), code string) {
		t.Helper()
		good := d.read("TASKS.md")
		spoil()
		before, _ := os.ReadFile(d.path("TASKS.md"))
		result, err := d.try(nil)
		if err != nil {
			require.Equal(t, code, fault.CodeOf(err), what)
		} else {
			require.Len(t, result.Refused, 1, what)
			require.NotEmpty(t, result.Refused[0].Hint, what)
		}
		after, _ := os.ReadFile(d.path("TASKS.md"))
		require.Equal(t, before, after, "%s: the file stays as it was", what)
		require.NoError(t, os.RemoveAll(d.path("TASKS.md")))
		d.write("TASKS.md", good)
		d.sync()
	}
	at := strings.Index(d.read("TASKS.md"), "- [ ] **t-")
	insert := func(s string) func() {
		return func() { text := d.read("TASKS.md"); d.write("TASKS.md", text[:at]+s+text[at:]) }
	}
	refuse("conflict markers", insert("<<<<<<< HEAD\n- [ ] a\n=======\n- [ ] b\n>>>>>>> x\n"), "")
	refuse("open fence", insert("```\n"), "")
	refuse("open comment", insert("<!-- \n"), "")
	refuse("not UTF-8", insert("- [ ] \xff\n"), "")
	refuse("twice", insert("- [ ] **t-"+task.ID+"** Bake again\n"), "")
	refuse("half", func() { text := d.read("TASKS.md"); d.write("TASKS.md", text[:len(text)-40]) }, "")
	refuse("a folder", func() {
		require.NoError(t, os.Remove(d.path("TASKS.md")))
		require.NoError(t, os.Mkdir(d.path("TASKS.md"), 0o755))
	}, "file_not_regular")
	outside := filepath.Join(t.TempDir(), "outside.md")
	require.NoError(t, os.WriteFile(outside, []byte("- [ ] **t-"+task.ID+"** Stolen\n"), 0o600))
	refuse("a link out", func() {
		require.NoError(t, os.Remove(d.path("TASKS.md")))
		require.NoError(t, os.Symlink(outside, d.path("TASKS.md")))
	}, "file_not_regular")
	content, err := os.ReadFile(outside)
	require.NoError(t, err)
	require.Contains(t, string(content), "Stolen", "nothing is written through the link")
	require.Equal(t, "Bake more", d.task(task.ID).Title)

	// In the middle of a merge nothing is touched.
	d.git("add", "-A")
	d.git("commit", "-q", "-m", "all")
	require.NoError(t, os.WriteFile(filepath.Join(d.root, ".git", "MERGE_HEAD"), []byte(strings.Repeat("0", 40)+"\n"), 0o600))
	_, err = d.try(nil)
	require.Equal(t, "git_busy", fault.CodeOf(err))
}
