package markdown

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// shape is what a snapshot is but for what people wrote.
type shape struct {
	statuses []project.TaskStatus
	deps     []int
}

// withTexts returns a snapshot of a shape in which every text comes from next.
func withTexts(sh shape, next func() string) *core.Snapshot {
	w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional})
	if err != nil {
		panic(err)
	}
	s := &core.Snapshot{Project: &project.Project{
		Name: next(), Slug: "x", Description: next() + "x", Phase: workflow.PhasePlanning, Level: project.LevelDemo,
	}, Workflow: w}
	for i, g := range w.Gates {
		status := project.GateApproved
		if i > 0 {
			status = project.GateInReview
		}
		s.Gates = append(s.Gates, project.Gate{
			ID: g.ID, Position: i, Phase: g.Phase, Title: next(), Status: status, Brief: next() + "x", Note: next(), DecidedBy: next(),
		})
		s.Deliverables = append(s.Deliverables, project.Deliverable{ID: "d", Gate: g.ID, Title: next(), Path: next(), Role: next(), Note: next()})
		s.Feedback = append(s.Feedback, project.Feedback{ID: fmt.Sprintf("feed%04d", i), Gate: g.ID, Text: next(), Role: next(), Status: "open", CreatedBy: next()})
		s.Proofs = append(s.Proofs, project.Proof{
			ID: fmt.Sprintf("proof%03d", i), Gate: g.ID, Type: workflow.ProofTestOutput, Result: "pass", Summary: next(),
			Command: []string{next(), next()}, Reasons: []string{next()}, Statement: next(), ObservedBy: next(),
		})
	}
	for i, status := range sh.statuses {
		id := fmt.Sprintf("%08d", i)
		s.Tasks = append(s.Tasks, project.Task{
			ID: id, ShortID: "t-" + id, Title: next(), Description: next(), Status: status, Priority: project.PriorityLow,
			Phase: workflow.PhasePlanning, Owner: next(), ClaimedBy: next(), BlockedReason: next(), Result: next(),
			SpecRefs: []string{next(), next()}, DependsOn: []string{fmt.Sprintf("%08d", sh.deps[i])},
		})
	}
	for i := range 3 {
		id := fmt.Sprintf("%08d", i)
		s.Decisions = append(s.Decisions, project.Decision{
			ID: id, Title: next(), Context: next() + "x", Decision: next() + "x", Rationale: next() + "x", Consequences: next() + "x",
			Alternatives: []string{next() + "x"}, Status: project.DecisionAccepted, CreatedBy: next(),
		})
		s.Memories = append(s.Memories, project.Memory{ID: id, Kind: "gotcha", Title: next(), Content: next(), Tags: []string{next()}, Retracted: next()})
		s.Questions = append(s.Questions, project.Question{ID: id, Question: next(), Options: []string{next()}, To: next(), Status: "open"})
		s.Risks = append(s.Risks, project.Risk{ID: id, Title: next(), Description: next(), Mitigation: next(), Status: "open"})
		s.Blockers = append(s.Blockers, project.Blocker{ID: id, Title: next(), Description: next(), Severity: "low", Status: "open"})
		s.Conditions = append(s.Conditions, project.Condition{ID: id, Gate: "G1", Text: next(), Blocks: "G2", Status: "open"})
		s.Constraints = append(s.Constraints, project.Constraint{Key: next() + "x", Value: next(), Reason: next(), SetBy: next()})
	}
	return s
}

var taskRowPattern = regexp.MustCompile(`(?m)^- (?:\[[ x]\] )?\*\*(t-[0-9a-z]+)\*\* `)

// Whatever people write, the files have the structure that they would have had
// if everybody had written "x".
func TestTextsDoNotChangeTheStructure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 6).Draw(t, "tasks")
		sh := shape{
			statuses: rapid.SliceOfN(rapid.SampledFrom(project.TaskStatuses()), n, n).Draw(t, "statuses"),
			deps:     rapid.SliceOfN(rapid.IntRange(0, 9), n, n).Draw(t, "deps"),
		}
		texts := rapid.SliceOfN(anyText().Filter(understood), 1, 8).Draw(t, "texts")
		i := 0
		s := withTexts(sh, func() string { i++; return texts[i%len(texts)] })
		files, err := Render(s)
		require.NoError(t, err)
		again, err := Render(s)
		require.NoError(t, err)
		require.Equal(t, files, again)
		calm, err := Render(withTexts(sh, func() string { return "x" }))
		require.NoError(t, err)
		require.Len(t, files, len(calm))
		for i, f := range files {
			require.Equal(t, calm[i].Name, f.Name)
			stamp, ok := ParseStamp(f.Content)
			require.True(t, ok)
			require.Equal(t, s.Project.ID, stamp.Project)
			require.False(t, Edited(f.Content))
			require.NotContains(t, string(f.Content), "\r")
			require.Equal(t, bytes.ToValidUTF8(f.Content, nil), f.Content)

			source := string(bodyOf(f.Content))
			doc, refs := parse(source)
			require.Empty(t, refs)
			require.Empty(t, rawHTML(doc, source), f.Name)
			calmDoc, _ := parse(string(bodyOf(calm[i].Content)))
			require.Equal(t, kinds(calmDoc), kinds(doc), f.Name)
			for a, b := doc.FirstChild(), calmDoc.FirstChild(); a != nil; a, b = a.NextSibling(), b.NextSibling() {
				if k := a.Kind().String(); k == "List" || k == "Table" {
					require.Equal(t, b.ChildCount(), a.ChildCount(), f.Name)
				}
			}
			checkTables(t, source)
		}
		var rows []string
		for _, m := range taskRowPattern.FindAllStringSubmatch(string(files[2].Content), -1) {
			rows = append(rows, m[1])
		}
		var want []string
		for i := range s.Tasks {
			want = append(want, s.Tasks[i].ShortID)
		}
		require.Equal(t, want, rows)
	})
}

// checkTables looks at the tables that are not in quotes.
func checkTables(t *rapid.T, source string) {
	columns := 0
	for line := range strings.Lines(source) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		if n := strings.Count(line, "|"); columns == 0 {
			columns = n
		} else {
			require.Equal(t, columns, n, line)
		}
	}
}
