package db_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// TestAnyCommandsStaySound sends random commands, sensible or not, and holds
// after them that the chain verifies, that the projections are what the log
// folds to, and that every refusal was a coded one.
func TestAnyCommandsStaySound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	rapid.Check(t, func(rt *rapid.T) {
		p, err := b.app.Projects.Create(t.Context(), b.ada, core.NewProject{Name: "Any", Level: project.LevelDemo})
		require.NoError(rt, err)
		ids := []string{"zzzzzzzz"} // one that does not exist
		gates := []string{"G1", "g2", "G5", "G99"}
		for n := range rapid.IntRange(1, 15).Draw(rt, "commands") {
			id := rapid.SampledFrom(ids).Draw(rt, "id")
			cmd, made := anyCommand(rt, fmt.Sprintf("%08d", n), id, rapid.SampledFrom(ids).Draw(rt, "other"), rapid.SampledFrom(gates).Draw(rt, "gate"))
			_, err := b.db.Write(t.Context(), core.Write{
				Project: p.ID, Command: cmd, Actor: b.ada.Actor, Now: time.Now(), CorrelationID: uuid.New(),
			})
			if err != nil {
				require.NotEqual(rt, "internal", fault.CodeOf(err), "%s: %v", cmd.CommandName(), err)
			} else if made != "" {
				ids = append(ids, made)
			}
		}
		audit, err := b.app.Log.Verify(t.Context(), p.ID)
		require.NoError(rt, err)
		require.True(rt, audit.OK, "%+v", audit)
		diffs, err := b.app.Log.Compare(t.Context(), p.ID)
		require.NoError(rt, err)
		require.Empty(rt, diffs)
	})
}

// anyCommand draws a command and, if it makes a task, the task's id.
func anyCommand(rt *rapid.T, fresh, id, other, gate string) (cmd project.Command, made string) {
	word := rapid.SampledFrom([]string{"", "a title", "päivää 🎂", "two\nlines", "bad\x00", "\xff"}).Draw(rt, "text")
	presence := project.Presence{Terminal: true, Word: "yes"}
	steps := []project.TaskStep{
		project.StepClaim, project.StepRelease, project.StepStart, project.StepDone, project.StepFail, project.StepCancel,
		project.StepBlock, project.StepUnblock,
	}
	checks := &project.Checks{Candidate: project.Candidate{Commit: "c"}}
	switch rapid.IntRange(0, 15).Draw(rt, "kind") {
	case 0, 1, 2:
		return &project.AddTask{ID: fresh, Title: word, DependsOn: []string{id}}, fresh
	case 3, 4:
		return &project.AddTask{ID: fresh, Title: "stands alone", Gate: gate}, fresh
	case 5, 6, 7:
		return &project.WorkTask{ID: id, Step: rapid.SampledFrom(steps).Draw(rt, "step"), Text: word}, ""
	case 8, 9:
		return &project.DependTask{ID: id, DependsOn: other, Remove: rapid.Bool().Draw(rt, "remove")}, ""
	case 10:
		return &project.EditTask{ID: id, Title: &word, Parent: &other}, ""
	case 11:
		return &project.PresentGate{Gate: gate, Checks: checks, Brief: word}, ""
	case 12:
		return &project.ApproveGate{Gate: gate, Presence: presence, Checks: checks, Force: true, ForceReason: word}, ""
	case 13:
		return &project.SkipGate{Gate: gate, Presence: presence, Reason: word}, ""
	case 14:
		return &project.ReopenGate{Gate: gate, Presence: presence, Reason: word}, ""
	}
	return &project.MakeDecision{ID: fresh, Title: word, Decision: word, Gate: gate}, ""
}
