package core_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// pinned is a workflow whose commands need nothing but a shell.
const pinned = `version: 1
proofs:
  build_output: {command: [sh, build.sh], parser: exit}
  lint_output: {command: [sh, -c, "echo nothing to complain about here"], parser: exit}
  test_output: {command: [cat, results.json], parser: gotest}
`

const passing = `{"Action":"run","Package":"cake","Test":"TestA"}
{"Action":"pass","Package":"cake","Test":"TestA","Elapsed":0.1}
{"Action":"pass","Package":"cake","Elapsed":0.2}
`

// atDevelopment returns a project that stands before G5, with pinned commands
// that pass and a clean commit.
func atDevelopment(t *testing.T) *bundle {
	t.Helper()
	b := setup(t, core.NewProject{Preset: workflow.PresetStandard})
	b.write(t, "build.sh", "echo built everything without a hitch\n")
	b.write(t, "results.json", passing)
	b.commit(t)
	b.trust(t, pinned)
	for _, g := range []string{"G1", "G2", "G3"} {
		_, err := b.app.Gates.Skip(t.Context(), b.ada, b.place.Project, g, "not what this test is about")
		require.NoError(t, err)
	}
	p, err := b.app.Projects.Get(t.Context(), core.View{Project: b.place.Project})
	require.NoError(t, err)
	require.Equal(t, workflow.PhaseDevelopment, p.Phase)
	// Without a user interface G4 does not apply.
	g4, err := b.app.Gates.Get(t.Context(), core.View{Project: b.place.Project}, "G4")
	require.NoError(t, err)
	require.Equal(t, project.GateNotApplicable, g4.Status)
	b.acceptAll(t, "G5")
	return b
}

// acceptAll hands in and accepts whatever a gate asks for.
func (b *bundle) acceptAll(t *testing.T, gate string) {
	t.Helper()
	view, err := b.app.Gates.Get(t.Context(), core.View{Project: b.place.Project}, gate)
	require.NoError(t, err)
	for _, d := range view.Deliverables {
		_, err := b.app.Deliverables.Judge(t.Context(), b.ada, b.place, d.ID, true, "")
		require.NoError(t, err)
	}
}

func (b *bundle) captureAll(t *testing.T, gate string, types ...string) {
	t.Helper()
	for _, typ := range types {
		p, err := b.app.Proofs.Capture(t.Context(), b.robot, b.place, core.Capture{Gate: gate, Type: typ})
		require.NoError(t, err)
		require.Equal(t, "pass", p.Result, "%s: %v", typ, p.Reasons)
	}
}

func TestGateOpensOnEvidence(t *testing.T) {
	t.Parallel()
	b := atDevelopment(t)
	ctx := t.Context()

	require.Equal(t, []string{"proof_missing", "proof_missing", "proof_missing"}, b.check(t, "G5"))
	b.captureAll(t, "G5", "build_output", "lint_output", "test_output")
	require.Empty(t, b.check(t, "G5"))

	_, err := b.app.Gates.Approve(ctx, b.ada, b.place, core.Approval{Gate: "G5"})
	require.Equal(t, "gate_not_ready", fault.CodeOf(err))
	require.ErrorContains(t, err, "has not been presented")

	g, err := b.app.Gates.Present(ctx, b.robot, b.place, "g5")
	require.NoError(t, err)
	require.Equal(t, project.GateInReview, g.Status)
	require.Len(t, g.Commit, 40)
	require.Contains(t, g.Brief, "Nothing stands against approval")

	_, err = b.app.Gates.Approve(ctx, b.robot, b.place, core.Approval{Gate: "G5"})
	require.Equal(t, "person_required", fault.CodeOf(err))

	for _, word := range []string{"ok", "sure", "fine", "", "y", "approve it"} {
		by := b.ada
		by.Presence.Word = word
		_, err = b.app.Gates.Approve(ctx, by, b.place, core.Approval{Gate: "G5"})
		require.Equal(t, "not_an_approval", fault.CodeOf(err), word)
	}
	noTerminal := b.ada
	noTerminal.Presence.Terminal = false
	_, err = b.app.Gates.Approve(ctx, noTerminal, b.place, core.Approval{Gate: "G5"})
	require.Equal(t, "terminal_required", fault.CodeOf(err))
	seen := b.ada
	seen.Presence.AgentSigns = []string{"CLAUDECODE"}
	_, err = b.app.Gates.Approve(ctx, seen, b.place, core.Approval{Gate: "G5"})
	require.Equal(t, "agent_detected", fault.CodeOf(err))

	g, err = b.app.Gates.Approve(ctx, b.ada, b.place, core.Approval{Gate: "G5"})
	require.NoError(t, err)
	require.Equal(t, project.GateApproved, g.Status)
	require.Equal(t, project.LevelTerminal, g.Level)
	p, err := b.app.Projects.Get(ctx, core.View{Project: b.place.Project})
	require.NoError(t, err)
	require.Equal(t, workflow.PhaseTesting, p.Phase)

	_, err = b.app.Gates.Approve(ctx, b.ada, b.place, core.Approval{Gate: "G5"})
	require.Equal(t, "gate_passed", fault.CodeOf(err))
	b.sound(t)
}

// TestEvidenceRefused tries every way in which evidence can be worthless.
func TestEvidenceRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(t *testing.T, b *bundle)
		want  []string
	}{
		"failing": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.write(t, "build.sh", "echo this does not build at all; exit 1\n")
			b.commit(t)
			p, err := b.app.Proofs.Capture(t.Context(), b.robot, b.place, core.Capture{Gate: "G5", Type: "build_output"})
			require.NoError(t, err)
			require.Equal(t, "fail", p.Result)
			b.captureAll(t, "G5", "lint_output", "test_output")
		}, []string{"proof_failing"}},
		"failing tests with exit code 0": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.write(t, "results.json", strings.ReplaceAll(passing, `"pass"`, `"fail"`))
			b.commit(t)
			p, err := b.app.Proofs.Capture(t.Context(), b.robot, b.place, core.Capture{Gate: "G5", Type: "test_output"})
			require.NoError(t, err)
			require.Equal(t, "fail", p.Result)
			require.Zero(t, p.ExitCode)
			b.captureAll(t, "G5", "build_output", "lint_output")
		}, []string{"proof_failing"}},
		"no tests at all": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.write(t, "results.json", `{"Action":"skip","Package":"cake","Elapsed":0}`+"\n")
			b.commit(t)
			p, err := b.app.Proofs.Capture(t.Context(), b.robot, b.place, core.Capture{Gate: "G5", Type: "test_output"})
			require.NoError(t, err)
			require.NotEqual(t, "pass", p.Result)
			b.captureAll(t, "G5", "build_output", "lint_output")
		}, []string{"proof_failing"}},
		"another command": {func(t *testing.T, b *bundle) {
			t.Helper()
			_, err := b.app.Proofs.Capture(t.Context(), b.robot, b.place, core.Capture{
				Gate: "G5", Type: "test_output", Command: []string{"true"},
			})
			require.NoError(t, err)
		}, []string{"proof_grade"}},
		"handed in": {func(t *testing.T, b *bundle) {
			t.Helper()
			_, err := b.app.Proofs.Submit(t.Context(), b.robot, b.place, core.Submission{
				Gate: "G5", Type: "test_output", Name: "all-good.json", Content: strings.NewReader(passing), Result: "pass",
			})
			require.NoError(t, err)
		}, []string{"proof_grade"}},
		"other files": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.write(t, "new.go", "package cake\n")
			b.commit(t)
		}, []string{"proof_wrong_tree", "proof_wrong_tree", "proof_wrong_tree"}},
		"files that no commit has": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.write(t, "build.sh", "echo built with a change that is not committed\n")
			b.captureAll(t, "G5", "build_output")
		}, []string{"proof_wrong_tree"}},
		"files changed meanwhile": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.write(t, "build.sh", "echo built and changed something > made.txt; echo and said so too\n")
			b.commit(t)
			p, err := b.app.Proofs.Capture(t.Context(), b.robot, b.place, core.Capture{Gate: "G5", Type: "build_output"})
			require.NoError(t, err)
			require.Equal(t, "fail", p.Result)
			require.NoError(t, os.Remove(filepath.Join(b.place.Root, "made.txt")))
			b.captureAll(t, "G5", "lint_output", "test_output")
		}, []string{"proof_failing"}},
		"edited": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.edit(t, "test_output", "all is well\n")
		}, []string{"proof_tampered"}},
		"gone": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.edit(t, "test_output", "")
		}, []string{"proof_tampered"}},
		"invalidated": {func(t *testing.T, b *bundle) {
			t.Helper()
			p := b.latest(t, "test_output")
			_, err := b.app.Proofs.Invalidate(t.Context(), b.robot, b.place.Project, p.ID, "the tests were disabled")
			require.NoError(t, err)
		}, []string{"proof_invalidated"}},
		"pinned command changed": {func(t *testing.T, b *bundle) {
			t.Helper()
			b.trust(t, strings.Replace(pinned, "sh, build.sh", "sh, -e, build.sh", 1))
		}, []string{"proof_wrong_command"}},
		"open blocker": {func(t *testing.T, b *bundle) {
			t.Helper()
			_, err := b.app.Records.AddBlocker(t.Context(), b.robot, b.place.Project, project.AddBlocker{Title: "no licence", Gate: "G5"})
			require.NoError(t, err)
		}, []string{"blocker_open"}},
		"open task": {func(t *testing.T, b *bundle) {
			t.Helper()
			_, err := b.app.Tasks.Add(t.Context(), b.robot, b.place.Project, core.NewTask{Title: "unfinished"})
			require.NoError(t, err)
		}, []string{"task_open"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := atDevelopment(t)
			if slices.Equal(c.want, []string{"proof_grade"}) {
				// Weaker evidence does not hide stronger one, so there must be
				// no stronger one.
				b.captureAll(t, "G5", "build_output", "lint_output")
			} else {
				b.captureAll(t, "G5", "build_output", "lint_output", "test_output")
				require.Empty(t, b.check(t, "G5"))
			}
			c.spoil(t, b)
			require.Equal(t, c.want, b.check(t, "G5"))
			if _, err := b.app.Gates.Present(t.Context(), b.ada, b.place, "G5"); err != nil {
				require.Equal(t, "candidate_dirty", fault.CodeOf(err))
				b.git(t, "stash", "-q", "-u")
				_, err = b.app.Gates.Present(t.Context(), b.ada, b.place, "G5")
				require.NoError(t, err)
			}
			_, err := b.app.Gates.Approve(t.Context(), b.ada, b.place, core.Approval{Gate: "G5"})
			require.Equal(t, "gate_not_ready", fault.CodeOf(err))
			b.sound(t)
		})
	}
}

func (b *bundle) latest(t *testing.T, typ string) *project.Proof {
	t.Helper()
	list, err := b.app.Proofs.List(t.Context(), core.View{Project: b.place.Project}, "G5", typ)
	require.NoError(t, err)
	require.NotEmpty(t, list)
	return &list[len(list)-1]
}

// edit changes the artifact of the latest proof, or removes it.
func (b *bundle) edit(t *testing.T, typ, content string) {
	t.Helper()
	path, err := b.artifacts.Path(b.latest(t, typ).SHA256)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	if content != "" {
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
}

// TestReject holds that a rejection opens a change request and makes earlier
// evidence stale.
func TestReject(t *testing.T) {
	t.Parallel()
	b := atDevelopment(t)
	ctx := t.Context()
	b.captureAll(t, "G5", "build_output", "lint_output", "test_output")
	_, err := b.app.Gates.Present(ctx, b.robot, b.place, "G5")
	require.NoError(t, err)
	g, err := b.app.Gates.Reject(ctx, b.ada, b.place.Project, "G5", "the login page is missing", "")
	require.NoError(t, err)
	require.Equal(t, project.GateRejected, g.Status)
	feedback, err := b.app.Records.Feedback(ctx, core.View{Project: b.place.Project}, false)
	require.NoError(t, err)
	require.Len(t, feedback, 1)
	require.Equal(t, "the login page is missing", feedback[0].Text)
	require.NotEmpty(t, feedback[0].Role)

	require.Equal(t, []string{"proof_stale", "proof_stale", "proof_stale"}, b.check(t, "G5"))
	b.captureAll(t, "G5", "build_output")
	g, err = b.app.Gates.Get(ctx, core.View{Project: b.place.Project}, "G5")
	require.NoError(t, err)
	require.Equal(t, project.GatePending, g.Status)
	b.captureAll(t, "G5", "lint_output", "test_output")
	require.Empty(t, b.check(t, "G5"))
	b.sound(t)
}

// TestReopen holds that going back sends every later gate back too.
func TestReopen(t *testing.T) {
	t.Parallel()
	b := atDevelopment(t)
	ctx := t.Context()
	_, err := b.app.Gates.Reopen(ctx, b.robot, b.place.Project, "G2", "no")
	require.Equal(t, "person_required", fault.CodeOf(err))
	_, err = b.app.Gates.Reopen(ctx, b.ada, b.place.Project, "G2", "the scope changed")
	require.NoError(t, err)
	gates, err := b.app.Gates.List(ctx, core.View{Project: b.place.Project})
	require.NoError(t, err)
	var got []string
	for i := range gates {
		got = append(got, gates[i].ID+" "+string(gates[i].Status))
	}
	require.Equal(t, []string{"G1 skipped", "G2 pending", "G3 pending", "G4 not_applicable", "G5 pending", "G6 pending"}, got)
	p, err := b.app.Projects.Get(ctx, core.View{Project: b.place.Project})
	require.NoError(t, err)
	require.Equal(t, workflow.PhasePlanning, p.Phase)
	b.sound(t)
}

// TestForceAndConditions holds that both are recorded, shown, and have effect.
func TestForceAndConditions(t *testing.T) {
	t.Parallel()
	b := atDevelopment(t)
	ctx := t.Context()
	_, err := b.app.Gates.Present(ctx, b.robot, b.place, "G5")
	require.NoError(t, err)
	_, err = b.app.Gates.Approve(ctx, b.robot, b.place, core.Approval{Gate: "G5", ForceReason: "hurry"})
	require.Equal(t, "person_required", fault.CodeOf(err))
	g, err := b.app.Gates.Approve(ctx, b.ada, b.place, core.Approval{Gate: "G5", ForceReason: "the customer waits"})
	require.NoError(t, err)
	require.True(t, g.Forced)
	require.Equal(t, "the customer waits", g.Note)
	events, err := b.app.Log.Events(ctx, b.place.Project, core.EventQuery{Types: []string{string(event.GateForced)}})
	require.NoError(t, err)
	require.Len(t, events, 1)
	require.Contains(t, string(events[0].Payload), "proof test_output is missing")

	b2 := atDevelopment(t)
	b2.captureAll(t, "G5", "build_output", "lint_output", "test_output")
	_, err = b2.app.Gates.Present(ctx, b2.robot, b2.place, "G5")
	require.NoError(t, err)
	_, err = b2.app.Gates.Approve(ctx, b2.ada, b2.place, core.Approval{
		Gate: "G5", Conditions: []core.NewCondition{{Text: "write the manual", Blocks: "G6"}},
	})
	require.NoError(t, err)
	require.Contains(t, b2.check(t, "G6"), "condition_open")
	open, err := b2.app.Gates.Conditions(ctx, core.View{Project: b2.place.Project}, false)
	require.NoError(t, err)
	_, err = b2.app.Gates.ResolveCondition(ctx, b2.robot, b2.place.Project, open[0].ID, "done")
	require.Equal(t, "person_required", fault.CodeOf(err))
	_, err = b2.app.Gates.ResolveCondition(ctx, b2.ada, b2.place.Project, open[0].ID, "it is written")
	require.NoError(t, err)
	require.NotContains(t, b2.check(t, "G6"), "condition_open")
	b2.sound(t)
	b.sound(t)
}

// TestOrder holds that gates are passed one after the other.
func TestOrder(t *testing.T) {
	t.Parallel()
	b := setup(t, core.NewProject{})
	ctx := t.Context()
	_, err := b.app.Gates.Present(ctx, b.ada, b.place, "G2")
	require.Equal(t, "gate_order", fault.CodeOf(err))
	_, err = b.app.Gates.Skip(ctx, b.ada, b.place.Project, "G3", "hurry")
	require.Equal(t, "gate_order", fault.CodeOf(err))
	_, err = b.app.Projects.MovePhase(ctx, b.robot, b.place.Project, workflow.PhasePlanning, "")
	require.Equal(t, "gate_stands", fault.CodeOf(err))
	_, err = b.app.Gates.Check(ctx, b.place, "G11")
	require.Equal(t, "gate_not_found", fault.CodeOf(err))
}
