package markdown

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// seeds are files as people leave them.
func seeds(tb testing.TB) []File {
	tb.Helper()
	s := &core.Snapshot{
		Project: &project.Project{Phase: workflow.PhasePlanning}, Workflow: &workflow.Workflow{},
		Tasks: []project.Task{
			{ID: "z00aaaa1", Title: "Bake", Phase: workflow.PhasePlanning, Status: project.TaskBlocked, BlockedBy: "z00aaaa2", BlockedReason: "no oven"},
			{ID: "z00aaaa2", Title: "Buy `a|b`", Description: "# x\n\n- y", Phase: "", Priority: "high", SpecRefs: []string{"a, b"}},
		},
		Decisions: []project.Decision{{ID: "z00aaaa1", Title: "Use Go", Decision: "Yes.\n\n```\n<x>\n```", Alternatives: []string{"Rust", "# C"}}},
		Memories:  []project.Memory{{ID: "z00aaaa1", Kind: "gotcha", Title: "Hot", Content: "Very."}},
		Notes:     []project.Note{{ID: "z00aaaa1", Kind: "note", Text: "Two\nlines"}},
	}
	files, err := Render(s)
	require.NoError(tb, err)
	for _, f := range files {
		for _, fragment := range fragments() {
			at := bytes.LastIndexByte(f.Content[:len(f.Content)/2], '\n') + 1
			content := string(f.Content[:at]) + fragment + "\n" + string(f.Content[at:]) + fragment
			files = append(files, File{f.Name, []byte(content)})
		}
	}
	return files
}

// Whatever a file holds, reading it ends with an error or with all of its
// bytes; and what was read is written so that it is read again.
func FuzzParse(f *testing.F) {
	names := []string{fileStatus, fileTasks, fileDecisions, fileMemory}
	for _, seed := range seeds(f) {
		for i, name := range names {
			if name == seed.Name {
				f.Add(uint8(i), seed.Content)
			}
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, content []byte) {
		d, err := Parse(names[int(n)%len(names)], content)
		if err != nil {
			require.Contains(t, err.Error(), names[int(n)%len(names)]+":")
			return
		}
		require.Equal(t, string(content), raw(d))
		line := 1
		for i := range d.Blocks {
			require.Equal(t, line, d.Blocks[i].Line)
			line += strings.Count(d.Blocks[i].Raw, "\n")
		}
		if slices.ContainsFunc(d.Records(), func(r *Record) bool { return r.ID != "" && len(r.ID) < project.IDLength }) {
			return // the record that is meant is for the database to say
		}
		s := snapshotOf(d)
		files, err := Render(s)
		require.NoError(t, err)
		for _, file := range files {
			if file.Name != d.Name {
				continue
			}
			again, err := Parse(d.Name, file.Content)
			require.NoError(t, err, string(file.Content))
			require.Equal(t, said(d), said(again), "%s\n=====\n%s", content, file.Content)
			require.ElementsMatch(t, trimmed(d.Texts()), trimmed(again.Texts()), "%s\n=====\n%s", content, file.Content)
			s.Texts = again.Texts()
			twice, err := Render(s)
			require.NoError(t, err)
			for _, f := range twice {
				if f.Name == d.Name {
					require.Equal(t, string(file.Content), string(f.Content), string(content))
				}
			}
		}
	})
}

// snapshotOf returns the state that a file would bring about in an empty
// project, and brings the document into the form in which that state says it.
func snapshotOf(d *Document) *core.Snapshot {
	s := &core.Snapshot{Project: &project.Project{Phase: workflow.PhasePlanning}, Workflow: &workflow.Workflow{}}
	n := 0
	for _, r := range d.Records() {
		if r.ID == "" {
			n++
			r.ID = anyID(n%1000) + "" // ids of the tests do not meet those of files
		}
		r.Conflicts = nil
		f := r.Fields
		lines := func(name string) []string {
			if f[name] == "" {
				return nil
			}
			return strings.Split(f[name], "\n")
		}
		switch r.Kind {
		case core.KindTask:
			t := project.Task{ID: r.ID, Title: f["title"], Description: strings.TrimRight(f["description"], " \t\n"), Phase: workflow.Phase(r.Section), Status: project.TaskNotStarted}
			if r.Section == SectionNone {
				t.Phase = ""
			}
			if r.Box == 'x' {
				t.Status = project.TaskComplete
			}
			t.SpecRefs, t.StoryRefs = lines("specs"), lines("stories")
			t.Owner = f["owner"]
			t.Result = f["result"]
			s.Tasks = append(s.Tasks, t)
			r.Box = map[project.TaskStatus]byte{project.TaskNotStarted: ' ', project.TaskComplete: 'x'}[t.Status]
			r.Section = taskSection(t.Phase)
			saying(f, map[string]string{"title": t.Title, "description": t.Description, "specs": f["specs"], "stories": f["stories"], "owner": t.Owner, "result": t.Result, "status": string(t.Status)})
		case core.KindDecision:
			v := project.Decision{
				ID: r.ID, Title: f["title"], Context: f["context"], Decision: f["decision"], Rationale: f["rationale"],
				Consequences: f["consequences"], Alternatives: lines("alternatives"),
			}
			s.Decisions = append(s.Decisions, v)
			saying(f, map[string]string{
				"title": v.Title, "context": v.Context, "decision": v.Decision, "rationale": v.Rationale,
				"consequences": v.Consequences, "alternatives": f["alternatives"], "on": "0001-01-01",
			})
		case core.KindMemory:
			m := project.Memory{ID: r.ID, Title: f["title"], Content: f["content"], Kind: f["kind"], Tags: lines("tags"), Links: lines("links"), Retracted: f["retracted"]}
			s.Memories = append(s.Memories, m)
			r.Section, r.Box = memorySection(m.Kind), 0
			saying(f, map[string]string{
				"title": m.Title, "content": m.Content, "kind": m.Kind, "tags": f["tags"], "links": f["links"], "retracted": m.Retracted, "on": "0001-01-01", "confidence": "0",
			})
		case core.KindNote:
			v := project.Note{ID: r.ID, Kind: "note", Text: f["text"], Subject: f["about"]}
			s.Notes = append([]project.Note{v}, s.Notes...)
			r.Section, r.Box = SectionNotes, 0
			saying(f, map[string]string{"text": v.Text, "about": v.Subject, "on": "0001-01-01"})
		default:
			panic(r.Kind)
		}
	}
	s.Texts = d.Texts()
	return s
}

// saying replaces what a map holds.
func saying(m, with map[string]string) {
	clear(m)
	maps.Copy(m, with)
}
