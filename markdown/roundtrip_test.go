package markdown

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// The values that records are made of, as the commands leave them: one-line
// texts are trimmed and hold no line break, others have no blanks at the end,
// and entries of lists are not empty.
func lineText(t *rapid.T, label string) string {
	s := plainText(anyText().Draw(t, label))
	return strings.TrimSpace(strings.NewReplacer("\n", " ", "\r", " ").Replace(s))
}

func bodyText(t *rapid.T, label string) string {
	return strings.TrimRight(plainText(plainText(anyText().Draw(t, label))), " \t\n")
}

func lineTexts(t *rapid.T, label string) []string {
	var list []string
	for range rapid.IntRange(0, 3).Draw(t, label) {
		if s := lineText(t, label); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func anyID(n int) string {
	const digits = "0123456789abcdefghjkmnpqrstvwxyz"
	return "z" + string(digits[n/32]) + string(digits[n%32]) + "aaaa1"
}

// anySnapshot returns a project whose records say whatever they may.
func anySnapshot(t *rapid.T) *core.Snapshot {
	s := &core.Snapshot{Project: &project.Project{Phase: workflow.PhasePlanning}, Workflow: &workflow.Workflow{}}
	for i := range rapid.IntRange(0, 5).Draw(t, "tasks") {
		task := project.Task{
			ID: anyID(i), Title: lineText(t, "title"), Description: bodyText(t, "description"), Owner: lineText(t, "owner"), Gate: lineText(t, "gate"),
			Type: rapid.SampledFrom(project.TaskTypes()).Draw(t, "type"), Priority: rapid.SampledFrom(project.Priorities()).Draw(t, "priority"),
			Status: rapid.SampledFrom(project.TaskStatuses()).Draw(t, "status"), Phase: rapid.SampledFrom(append(workflow.Phases(), "", "late lunch")).Draw(t, "phase"),
			SpecRefs: lineTexts(t, "specs"), StoryRefs: lineTexts(t, "stories"), Rank: float64(rapid.IntRange(0, 2).Draw(t, "rank")),
			Unlisted: rapid.IntRange(0, 5).Draw(t, "unlisted") == 0,
		}
		if rapid.Bool().Draw(t, "depends") {
			task.DependsOn, task.Parent = []string{anyID(3), anyID(1)}, anyID(2)
		}
		if task.Status == project.TaskBlocked {
			task.BlockedReason = bodyText(t, "blocked")
			if rapid.Bool().Draw(t, "blocked by") {
				task.BlockedBy = anyID(4)
			}
		} else {
			task.Result = bodyText(t, "result")
		}
		s.Tasks = append(s.Tasks, task)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "decisions") {
		d := project.Decision{
			ID: anyID(i), Title: lineText(t, "title"), Context: bodyText(t, "context"), Decision: bodyText(t, "decision"), Rationale: bodyText(t, "rationale"),
			Consequences: bodyText(t, "consequences"), Alternatives: lineTexts(t, "alternatives"), Gate: lineText(t, "gate"), CreatedBy: lineText(t, "by"),
			Status: rapid.SampledFrom([]project.DecisionStatus{
				project.DecisionProposed, project.DecisionAccepted, project.DecisionSuperseded, project.DecisionReversed,
			}).Draw(t, "status"),
			CreatedAt: time.Unix(0, 0),
		}
		switch d.Status {
		case project.DecisionReversed:
			d.ReversedReason = bodyText(t, "reversed")
		case project.DecisionSuperseded:
			d.SupersededBy = anyID(rapid.IntRange(0, 9).Draw(t, "superseded by"))
		default:
		}
		s.Decisions = append(s.Decisions, d)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "memories") {
		s.Memories = append(s.Memories, project.Memory{
			ID: anyID(i), Kind: rapid.SampledFrom(append(project.MemoryKinds(), "folklore")).Draw(t, "kind"), Scope: "project", Title: lineText(t, "title"),
			Content: bodyText(t, "content"), Confidence: 0.25, Tags: lineTexts(t, "tags"), Links: lineTexts(t, "links"), Retracted: bodyText(t, "retracted"),
			Unlisted: rapid.IntRange(0, 5).Draw(t, "unlisted") == 0, CreatedAt: time.Unix(0, 0),
		})
		s.Notes = append(s.Notes, project.Note{
			ID: anyID(i), Kind: rapid.SampledFrom([]string{"note", "progress"}).Draw(t, "kind"), Subject: lineText(t, "subject"),
			Text: bodyText(t, "text"), CreatedBy: lineText(t, "by"), CreatedAt: time.Unix(0, 0),
		})
	}
	return s
}

// wanted returns the records of a snapshot as a file should be read to say, in
// no order.
func wanted(s *core.Snapshot, file string) map[string]map[string]string {
	records := map[string]map[string]string{}
	add := func(key string, fields map[string]string) {
		for name, value := range fields {
			if strings.TrimSpace(value) == "" {
				delete(fields, name)
			}
		}
		records[key] = fields
	}
	lines := func(list []string) string { return strings.Join(list, "\n") }
	for i := range s.Tasks {
		if t := &s.Tasks[i]; file == fileTasks && !t.Unlisted {
			fields := map[string]string{
				"title": t.Title, "description": t.Description, "owner": t.Owner, "gate": t.Gate, "type": string(t.Type), "priority": string(t.Priority),
				"status": string(t.Status), "specs": lines(t.SpecRefs), "stories": lines(t.StoryRefs), "blocked_reason": t.BlockedReason, "result": t.Result,
				"blocked_by": shown("t-", t.BlockedBy), "parent": shown("t-", t.Parent), "section": taskSection(t.Phase),
				"box": map[string]string{boxOpen: "o", boxDone: "x", boxNone: ""}[box(t.Status)],
			}
			if len(t.DependsOn) > 0 {
				fields["after"] = "t-" + anyID(1) + "\nt-" + anyID(3)
			}
			if t.Phase == "late lunch" {
				fields["phase"] = "late_lunch"
			}
			add("t-"+t.ID, fields)
		}
	}
	for i := range s.Decisions {
		if d := &s.Decisions[i]; file == fileDecisions {
			fields := map[string]string{
				"title": d.Title, "context": d.Context, "decision": d.Decision, "rationale": d.Rationale, "consequences": d.Consequences,
				"alternatives": lines(d.Alternatives), "gate": d.Gate, "by": d.CreatedBy, "on": "1970-01-01", "status": string(d.Status),
				"superseded_by": shown("d-", d.SupersededBy), "reversed_reason": d.ReversedReason,
			}
			if d.Status == project.DecisionReversed && strings.TrimSpace(d.ReversedReason) == "" {
				fields["reversed_reason"] = "no reason given"
			}
			if old := newRenderer(s).supersedes[d.ID]; old != "" {
				fields["supersedes"] = "d-" + old
			}
			add("d-"+d.ID, fields)
		}
	}
	for i := range s.Memories {
		if m := &s.Memories[i]; file == fileMemory && !m.Unlisted {
			add("m-"+m.ID, map[string]string{
				"title": m.Title, "kind": m.Kind, "scope": m.Scope, "content": m.Content, "confidence": strconv.FormatFloat(m.Confidence, 'f', -1, 64),
				"tags": lines(m.Tags), "links": lines(m.Links), "retracted": m.Retracted, "on": "1970-01-01", "section": memorySection(m.Kind),
			})
		}
	}
	for i := range s.Notes {
		if n := &s.Notes[i]; file == fileMemory && n.Kind == "note" {
			add("n-"+n.ID, map[string]string{"text": n.Text, "about": n.Subject, "by": n.CreatedBy, "on": "1970-01-01", "section": "notes"})
		}
	}
	return records
}

// said returns the records of a document in the form of wanted.
func said(d *Document) map[string]map[string]string {
	records := map[string]map[string]string{}
	for _, r := range d.Records() {
		fields := map[string]string{}
		for name, value := range r.Fields {
			if strings.TrimSpace(value) != "" {
				fields[name] = value
			}
		}
		if r.Section != "" {
			fields["section"] = r.Section
		}
		if r.Box != 0 {
			fields["box"] = map[byte]string{' ': "o", 'x': "x"}[r.Box]
		}
		records[r.Key()] = fields
	}
	return records
}

func raw(d *Document) string {
	var b strings.Builder
	for i := range d.Blocks {
		b.WriteString(d.Blocks[i].Raw)
	}
	return b.String()
}

// What is written is read back: every field of every record, and nothing else.
func TestParseReadsWhatRenderWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anySnapshot(t)
		files, err := Render(s)
		require.NoError(t, err)
		for _, f := range files {
			d, err := Parse(f.Name, f.Content)
			require.NoError(t, err)
			require.Equal(t, string(f.Content), raw(d))
			require.Empty(t, d.Texts(), f.Name)
			require.True(t, d.Stamped)
			if readBack(f.Name) {
				require.Equal(t, wanted(s, f.Name), said(d), string(f.Content))
			}
		}
	})
}
