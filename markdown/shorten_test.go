package markdown

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// oddLines are what people write between, into and over rows: what opens something
// that goes on, what looks like a row, and what ends one.
func oddLines() []string {
	return []string{
		"```\n", "~~~\n", "<!--\n", "-->\n", "<!-- note -->\n", "<details>\n", "\n", "\n\n", "## Development\n", "## Mine\n", "### Mine\n", "# Tasks\n", "Some words.\n",
		"  some words\n", "  ===\n", "===\n", "---\n", "  ---\n", "- [ ] New\n", "- New\n", "* New\n", "  - [ ] New below\n", "> quote\n", "  > quote\n", "    > quote\n",
		"- [ ] **t-00000003** Twice\n", "- [x] **t-00000004** Twice\n", "  - [ ] **t-00000005** Below\n", "<!-- - [ ] **t-00000006** Hidden -->\n", "- **t-00000007**\n",
		"  - status: complete\n", "  - priority: critical · owner: me\n", "  - priority: low\n", "  - blah: - **t-00000002** x\n", "  - **blocked** by rain\n", "1. first\n", "    code\n",
		"\tcode\n", "<<<<<<< ours\n", "- \n", "-\n", "+ [ ] plus\n", " - [ ] **t-00000001** Moved in\n", "[a]: b\n", "- [ ] **t-zzzzzzz1** From elsewhere\n", "**conflict x-00000001**: no\n",
		"<script>\n", "- - - \n", "***\n", "- [?] **t-00000008** Box\n", "+++\n",
	}
}

// manyRows draws a state with enough tasks to leave some of them out.
func manyRows(t *rapid.T) *core.Snapshot {
	s := withTexts(shape{}, func() string { return "x" })
	s.Conflicts = nil
	texts := []string{"", "x", "a\n\nb", "```\nfence", "<!-- open", "- [ ] **t-00000001** in a quote", "> deeper", "  - priority: low"}
	for i := range rapid.IntRange(3, 24).Draw(t, "tasks") {
		id := fmt.Sprintf("%08d", i)
		s.Tasks = append(s.Tasks, project.Task{
			ID: id, ShortID: "t-" + id, Title: rapid.SampledFrom([]string{"Bake", "[ ] box", "`code", "- dash", "**t-00000001** bold"}).Draw(t, "title"),
			Description: rapid.SampledFrom(texts).Draw(t, "description"), Result: rapid.SampledFrom(texts).Draw(t, "result"),
			Status: rapid.SampledFrom(project.TaskStatuses()).Draw(t, "status"), Priority: project.PriorityLow, Rank: float64(i),
			Phase: rapid.SampledFrom([]workflow.Phase{workflow.PhasePlanning, workflow.PhasePlanning, workflow.PhaseDevelopment, ""}).Draw(t, "phase"),
		})
	}
	if rapid.Bool().Draw(t, "text") {
		anchor := fmt.Sprintf("t-%08d", rapid.IntRange(0, len(s.Tasks)-1).Draw(t, "anchor"))
		s.Texts = []project.FileText{{File: fileTasks, Anchor: anchor, Body: "Words of somebody.\n"}}
	}
	return s
}

func tasksFile(t *rapid.T, s *core.Snapshot) []byte {
	files, err := Render(s)
	require.NoError(t, err)
	return files[2].Content
}

// editLines does to a file what people do.
func editLines(t *rapid.T, content []byte) []byte {
	list := slices.Collect(strings.Lines(string(content)))
	for range rapid.IntRange(0, 3).Draw(t, "edits") {
		at := rapid.IntRange(0, len(list)-1).Draw(t, "at")
		switch rapid.IntRange(0, 6).Draw(t, "edit") {
		case 0:
			list = slices.Delete(list, at, at+1)
		case 1:
			list = slices.Insert(list, at, rapid.SampledFrom(oddLines()).Draw(t, "line"))
		case 2:
			list[at] = rapid.SampledFrom(oddLines()).Draw(t, "line")
		case 3:
			list[at] = strings.TrimSuffix(list[at], "\n") + " more\n"
		case 4:
			list[at] = strings.Replace(list[at], "[ ]", "[x]", 1)
		case 5: // to another place
			line := list[at]
			list = slices.Delete(list, at, at+1)
			list = slices.Insert(list, rapid.IntRange(0, len(list)).Draw(t, "to"), line)
		default:
			list[at] = strings.ReplaceAll(list[at], "priority: low", "priority: high")
		}
	}
	return []byte(strings.Join(list, ""))
}

// compared is what the comparison of versions comes to.
func compared(t *rapid.T, disk, base, cur *Document, snap *core.Snapshot) (*taker, bool) {
	m := &merger{disk: disk, base: base, cur: cur, text: func(_, _, _ string) (string, bool, error) { return "", false, nil }}
	a := &taker{v: &diskVersion{name: fileTasks}, m: m, snap: snap}
	var err error
	a.out, err = m.merge()
	require.NoError(t, err)
	require.NoError(t, m.texts())
	ok := a.order()
	return a, ok
}

// Leaving out what all versions of a file have changes nothing of what is found in
// them, whatever people wrote into it. Where it would, the whole files are read.
func TestLeavingOutWhatIsTheSameFindsTheSame(t *testing.T) {
	t.Parallel()
	read := 0
	rapid.Check(t, func(t *rapid.T) {
		s := manyRows(t)
		base := tasksFile(t, s)
		disk, cur := editLines(t, base), base
		if rapid.Bool().Draw(t, "changed meanwhile") {
			i := rapid.IntRange(0, len(s.Tasks)-1).Draw(t, "changed")
			s.Tasks[i].Title = "Changed in the database"
			if rapid.Bool().Draw(t, "and moved") {
				s.Tasks[i].Rank = float64(rapid.IntRange(0, len(s.Tasks)).Draw(t, "rank")) + 0.5
			}
			cur = tasksFile(t, s)
		}
		short, ok := shorten(disk, base, cur).read()
		if !ok {
			return
		}
		whole := make([]*Document, len(short))
		for i, content := range [][]byte{disk, base, cur} {
			var err error
			whole[i], err = Parse(fileTasks, content)
			require.NoError(t, err, "it was read, shortened")
		}
		if len(short[0].left) > 0 {
			read++
		}
		for i := range short {
			require.Equal(t, whole[i].Texts(), short[i].Texts())
			require.Equal(t, whole[i].Hidden, short[i].Hidden)
			require.Equal(t, places(whole[i]), places(short[i]))
		}
		want, _ := compared(t, whole[0], whole[1], whole[2], s)
		got, ok := compared(t, short[0], short[1], short[2], s)
		require.Equal(t, want.simple(), got.simple())
		require.Equal(t, want.out.clashes, got.out.clashes)
		require.Equal(t, want.out.texts, got.out.texts)
		require.Equal(t, want.out.removed, got.out.removed)
		if ok {
			require.Equal(t, want.out.changes, got.out.changes)
		}
	})
	require.Positive(t, read, "nothing was ever left out")
	t.Log("left out in", read)
}

func places(d *Document) []string {
	var list []string
	for _, r := range d.rows() {
		list = append(list, fmt.Sprintf("%s %s %d", r.Key(), r.Section, r.Line))
	}
	return list
}
