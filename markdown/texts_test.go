package markdown_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// Conflicts are shown where they are, and are no edits.
func TestConflictsAreShown(t *testing.T) {
	t.Parallel()
	s := sample(t)
	before := render(t, s)
	s.Conflicts = []project.SyncConflict{
		{ID: "c0nf0001", File: "TASKS.md", Record: "t-7k3f9m2p", Field: "title", Base: "a", Ours: "b", Theirs: "c | <d>\n- e"},
		{ID: "c0nf0002", File: "TASKS.md", Record: "top", Field: "text", Theirs: ""},
		{ID: "c0nf0003", File: "DECISIONS.md", Record: "d-dec00001", Field: "reversed_reason", Theirs: nasty, Reason: "it is reversed"},
		{ID: "c0nf0004", File: "MEMORY.md", Record: "m-mem00001", Field: "content", Theirs: nasty},
	}
	after := render(t, s)
	want := map[string][]string{"TASKS.md": {"c0nf0002", "c0nf0001"}, "DECISIONS.md": {"c0nf0003"}, "MEMORY.md": {"c0nf0004"}}
	for name, ids := range want {
		was, is := read(t, name, before[name]), read(t, name, after[name])
		require.Equal(t, ids, is.Conflicts())
		require.Equal(t, records(was), records(is))
		require.Empty(t, is.Texts())
		for _, id := range ids {
			require.Contains(t, after[name], "`layercake sync resolve x-"+id+" --ours`")
			require.Contains(t, after["STATUS.md"], "x-"+id)
		}
	}
}

func TestTextsWhoseAnchorsAreGone(t *testing.T) {
	t.Parallel()
	s := sample(t)
	s.Texts = []project.FileText{
		{File: "TASKS.md", Anchor: "t-zzzzzzzz", Body: "Behind nothing.\n"},
		{File: "TASKS.md", Anchor: "section:testing", Body: "Below a section without tasks.\n"},
		{File: "TASKS.md", Anchor: "t-ek3f9m2p", Body: "  Behind a task without a line.\n"},
		{File: "DECISIONS.md", Anchor: "d-zzzzzzzz", Body: "Behind nothing.\n"},
		{File: "MEMORY.md", Anchor: "m-mem00001", Body: "Behind a memory without a line.\n"},
	}
	s.Tasks[7].Unlisted, s.Memories[0].Unlisted = true, true
	files := render(t, s)
	require.Contains(t, files["TASKS.md"], "status: skipped · type: generation\n\n<!-- -->\n\n  Behind a task without a line.\n\n## Testing\n\nBelow a section without tasks.\n\n## Maintenance")
	require.Contains(t, files["TASKS.md"], "\n\nBehind nothing.\n\n<!-- layercake: ")
	require.NotContains(t, files["TASKS.md"], "Queue")
	require.Contains(t, files["DECISIONS.md"], "\n\n## Notes\n\nBehind nothing.\n\n<!-- layercake: ")
	require.Contains(t, files["MEMORY.md"], "## Gotcha\n\nBehind a memory without a line.\n\n## Other")
	require.NotContains(t, files["MEMORY.md"], "Ovens are hot")
	require.Equal(t, []project.FileText{
		{File: "TASKS.md", Anchor: "t-zzzzzzzz"},
		{File: "TASKS.md", Anchor: "t-ek3f9m2p"},
		{File: "TASKS.md", Anchor: "t-dk3f9m2p", Body: "<!-- -->\n\n  Behind a task without a line.\n"},
		{File: "TASKS.md", Anchor: "t-gk3f9m2p", Body: "Behind nothing.\n"},
	}, read(t, "TASKS.md", files["TASKS.md"]).Moves(s.Texts))
	for name, content := range files {
		require.Len(t, read(t, name, content).Records(), map[string]int{"TASKS.md": 11, "DECISIONS.md": 4, "MEMORY.md": 3}[name], name)
	}
}

// The texts of a rendering need no moving.
func TestTextsThatStayNeedNoMoves(t *testing.T) {
	t.Parallel()
	s := sample(t)
	s.Texts = []project.FileText{{File: "TASKS.md", Anchor: "t-7k3f9m2p", Body: "Ours.\n"}, {File: "GATES.md", Anchor: "section:notes", Body: "Ours.\n"}}
	for name, content := range render(t, s) {
		require.Empty(t, read(t, name, content).Moves(s.Texts), name)
	}
}

// Order is what a person gave, and does not change with the state.
func TestRowsStandInTheirOrder(t *testing.T) {
	t.Parallel()
	s := sample(t)
	s.Tasks[1].Rank, s.Tasks[7].Rank = -1, -2
	var ids []string
	for _, r := range read(t, "TASKS.md", render(t, s)["TASKS.md"]).Records() {
		if r.Section == "development" {
			ids = append(ids, r.ID)
		}
	}
	require.Equal(t, []string{"ek3f9m2p", "8k3f9m2p", "7k3f9m2p", "9k3f9m2p", "ak3f9m2p", "bk3f9m2p", "ck3f9m2p", "dk3f9m2p"}, ids)
	require.Equal(t, core.KindTask, read(t, "TASKS.md", "## Planning\n- a").Records()[0].Kind)
}
