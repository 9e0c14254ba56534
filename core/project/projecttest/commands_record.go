package projecttest

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/project"
)

// DrawRecord draws a command on one of the records beside tasks and gates, or one
// that changes what a task says. fresh is an id that no record has.
func DrawRecord(rt *rapid.T, s *project.State, fresh string) project.Command {
	text := rapid.SampledFrom([]string{"one", "two <b>&</b>", "three\nlines \"é\" 🍰\n."}).Draw(rt, "text")
	line := rapid.SampledFrom([]string{"one", "two <b>&</b> é"}).Draw(rt, "line")
	if len(s.Feedback) > 0 && rapid.Bool().Draw(rt, "feedback") {
		return &project.ResolveFeedback{
			ID: known(rt, s.Feedback), Status: rapid.SampledFrom([]string{"incorporated", "declined"}).Draw(rt, "outcome"), Resolution: text,
		}
	}
	switch rapid.IntRange(0, 10).Draw(rt, "kind of record") {
	case 0:
		c := &project.MakeDecision{ID: fresh, Title: line, Decision: text, Alternatives: []string{line, "x"}}
		if rapid.Bool().Draw(rt, "supersedes") {
			c.Supersedes = known(rt, s.Decisions)
		}
		return c
	case 1:
		return &project.ReverseDecision{ID: known(rt, s.Decisions), Reason: text}
	case 2:
		if rapid.Bool().Draw(rt, "retract") {
			return &project.RetractMemory{ID: known(rt, s.Memories), Reason: text}
		}
		return &project.AddMemory{ID: fresh, Title: line, Content: text, Confidence: 0.25, Tags: []string{line}}
	case 3:
		return &project.AddNote{ID: fresh, Text: text, Subject: line}
	case 4:
		if rapid.Bool().Draw(rt, "new risk") {
			return &project.AddRisk{ID: fresh, Title: line, Mitigation: text}
		}
		status := rapid.SampledFrom(project.RiskStatuses()).Draw(rt, "status")
		return &project.UpdateRisk{ID: known(rt, s.Risks), Status: &status, Note: text}
	case 5:
		if rapid.Bool().Draw(rt, "new blocker") || len(s.Blockers) == 0 {
			return &project.AddBlocker{ID: fresh, Title: line}
		}
		b := rapid.SampledFrom(s.Blockers).Draw(rt, "blocker")
		return &project.ChangeBlocker{ID: b.ID, Resolve: rapid.Bool().Draw(rt, "resolve"), Text: text}
	case 6:
		if rapid.Bool().Draw(rt, "ask") {
			return &project.AskQuestion{ID: fresh, Question: text, Options: []string{"yes", line}, To: rapid.SampledFrom([]string{"person", "qa-engineer"}).Draw(rt, "to")}
		}
		return &project.AnswerQuestion{ID: known(rt, s.Questions), Answer: text}
	case 7:
		return drawDocument(rt, s)
	case 8:
		return &project.SetConstraint{Key: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "key"), Value: rapid.SampledFrom([]string{"", "x", "y"}).Draw(rt, "value")}
	case 9:
		if rapid.Bool().Draw(rt, "level") {
			return &project.SetTeachingLevel{Level: rapid.SampledFrom(project.TeachingLevels()).Draw(rt, "teaching level")}
		}
		name := rapid.SampledFrom([]string{"Any", "Other"}).Draw(rt, "name")
		return &project.UpdateProject{Name: &name}
	}
	c := &project.EditTask{ID: known(rt, s.Tasks), Title: &line}
	if rapid.Bool().Draw(rt, "parent") {
		parent := known(rt, s.Tasks)
		c.Parent = &parent
	}
	if rapid.Bool().Draw(rt, "owner") {
		owner := rapid.SampledFrom([]string{"", "ada", "bob"}).Draw(rt, "who")
		c.Owner, c.StoryRefs = &owner, &[]string{owner}
	}
	return c
}

func drawDocument(rt *rapid.T, s *project.State) project.Command {
	id := rapid.SampledFrom([]string{"prd", "plan"}).Draw(rt, "document")
	switch rapid.IntRange(0, 4).Draw(rt, "what of it") {
	case 0:
		return &project.DropDocument{ID: id}
	case 1:
		return &project.LockDocument{ID: id, Undo: rapid.Bool().Draw(rt, "unlock")}
	}
	sum := fmt.Sprintf("%064d", rapid.IntRange(0, 3).Draw(rt, "content"))
	return &project.PutDocument{ID: id, Title: rapid.SampledFrom([]string{"", "A", "B"}).Draw(rt, "title"), SHA256: sum, Size: int64(len(s.Documents))}
}

// known draws the id of a record, or one that does not exist.
func known[T any](rt *rapid.T, records map[string]T) string {
	ids := slices.Sorted(maps.Keys(records))
	return rapid.SampledFrom(append(ids, "zzzzzzzz")).Draw(rt, "id")
}

// View is a model with as much of a project in it as [Draw] looks at.
func View(m *Memory) *Model {
	s := m.State()
	model := NewModel(s.Workflow, s.Project.Facts())
	model.Phase, model.Blocked, model.Gates = s.Project.Phase, s.Project.BlockedFrom, nil
	for i := range s.Gates {
		model.Gates = append(model.Gates, ModelGate{ID: s.Gates[i].ID, Phase: s.Gates[i].Phase, Status: s.Gates[i].Status})
	}
	for id := range s.Tasks {
		model.Tasks[id] = &ModelTask{}
	}
	return model
}
