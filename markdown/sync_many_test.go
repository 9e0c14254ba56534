package markdown_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/markdown"
)

// manyTasksDesk is a desk with so many tasks that most of their rows are not read
// when a few are edited.
func manyTasksDesk(t *testing.T) (*desk, []*project.Task) {
	t.Helper()
	d := newDesk(t)
	const many = 100
	tasks := make([]*project.Task, many)
	for i := range tasks {
		var err error
		tasks[i], err = d.app.Tasks.Add(t.Context(), d.ada, d.id.Project, core.NewTask{Title: fmt.Sprintf("Bake layer %03d", i), Description: "With cream."})
		require.NoError(t, err)
	}
	d.sync()
	return d, tasks
}

// lineOf returns the number of the line that a text in a file begins in.
func (d *desk) lineOf(name, text string) int {
	d.t.Helper()
	before, _, ok := strings.Cut(d.read(name), text)
	require.True(d.t, ok, text)
	return 1 + strings.Count(before, "\n")
}

// Edits far from each other in a long file are taken, and what was done to the
// database meanwhile stays.
func TestSyncTakesEditsOfALongFile(t *testing.T) {
	t.Parallel()
	d, tasks := manyTasksDesk(t)
	title := "Eat layer 050"
	_, err := d.app.Tasks.Edit(t.Context(), d.ada, d.id.Project, tasks[50].ID, core.TaskChange{Title: &title})
	require.NoError(t, err)
	d.edit("TASKS.md",
		"- [ ] **t-"+tasks[3].ID+"**", "- [x] **t-"+tasks[3].ID+"**",
		"Bake layer 048", "Bake layer 48",
		"Bake layer 090\n", "Bake layer 090\n  - owner: me\n")
	lines := strings.Split(d.read("TASKS.md"), "\n")
	result := d.sync()
	require.Len(t, result.Taken, 3)
	for _, taken := range result.Taken {
		require.Contains(t, lines[taken.Line-1], taken.Record, "the line is that of the whole file")
	}
	require.Equal(t, project.TaskComplete, d.task(tasks[3].ID).Status)
	require.Equal(t, "Bake layer 48", d.task(tasks[48].ID).Title)
	require.Equal(t, "Eat layer 050", d.task(tasks[50].ID).Title)
	require.Equal(t, "me", d.task(tasks[90].ID).Owner)
}

// Lines that are added, moved and deleted in a long file have their effect where
// they stand.
func TestSyncTakesTheOrderOfALongFile(t *testing.T) {
	t.Parallel()
	d, tasks := manyTasksDesk(t)
	row := func(i int) string { return "- [ ] **t-" + tasks[i].ID + "**" }
	d.cut("TASKS.md", row(60), row(61))
	d.edit("TASKS.md", row(40), "- [ ] Taste it\n"+row(40))
	_, moved, _ := strings.Cut(d.read("TASKS.md"), row(70))
	moved, _, _ = strings.Cut(row(70)+moved, row(71))
	d.edit("TASKS.md", moved, "", row(42), moved+row(42))
	result := d.sync()
	require.Len(t, result.Taken, 3)
	require.Equal(t, project.TaskCancelled, d.task(tasks[60].ID).Status)
	var order []string
	for line := range strings.Lines(d.read("TASKS.md")) {
		if rest, ok := strings.CutPrefix(line, "- [ ] **t-"); ok {
			order = append(order, strings.TrimSpace(rest[len("00000000** "):]))
		}
	}
	require.Equal(t, []string{"Bake layer 039", "Taste it", "Bake layer 040", "Bake layer 041", "Bake layer 070", "Bake layer 042"}, order[39:45])
	require.NotContains(t, order, "Bake layer 060")
}

// What is wrong with a long file is said with its line.
func TestSyncRefusesALongFileByItsLine(t *testing.T) {
	t.Parallel()
	d, tasks := manyTasksDesk(t)
	d.edit("TASKS.md", "- [ ] **t-"+tasks[80].ID+"**", "- [ ] **t-"+tasks[20].ID+"** Twice\n- [ ] **t-"+tasks[80].ID+"**")
	line := d.lineOf("TASKS.md", " Twice\n")
	result, err := d.try(nil)
	require.NoError(t, err)
	require.Len(t, result.Refused, 1)
	require.Equal(t, fmt.Sprintf("TASKS.md:%d: t-%s is in the file twice", line, tasks[20].ID), result.Refused[0].Message)

	d.edit("TASKS.md", "- [ ] **t-"+tasks[20].ID+"** Twice\n", "```\n")
	result, err = d.try(nil)
	require.NoError(t, err)
	require.Len(t, result.Refused, 1)
	require.Contains(t, result.Refused[0].Message, "is not closed")

	d.edit("TASKS.md", "```\n", "", "Bake layer 081\n  - priority: medium", "Bake layer 081\n  - priority: enormous")
	line = d.lineOf("TASKS.md", "Bake layer 081\n")
	result, err = d.try(func(p *markdown.SyncParams) { p.DryRun = true })
	require.NoError(t, err)
	require.Len(t, result.Refused, 1)
	require.Contains(t, result.Refused[0].Message, fmt.Sprintf("TASKS.md:%d: ", line))
}
