package project

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// everyCommand returns one of each command, filled in as well as anybody could
// who wants it to succeed on gate G1.
func everyCommand() []Command {
	presence := Presence{Terminal: true, Word: "approve"}
	yes, title, mode, ui := "pass", "other", workflow.DeployRequired, true
	checks := &Checks{Candidate: Candidate{Commit: "0123456789abcdef"}}
	resolved, _ := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional, Preset: workflow.PresetSimple})
	commands := []Command{
		&CreateProject{Slug: "x", Name: "x", Workflow: resolved},
		&UpdateProject{Name: &title, DeploymentMode: &mode, HasUI: &ui},
		&ArchiveProject{}, &DeleteProject{Presence: presence, Slug: "cake"},
		&MovePhase{To: workflow.PhasePlanning}, &ReopenPhase{To: workflow.PhaseIntake, Presence: presence, Reason: "r"},
		&SetConstraint{Key: "k", Value: "v"}, &SetTeachingLevel{Level: "expert"},
		&AcceptWorkflow{Presence: presence, Workflow: resolved, SourceDigest: "d", Subject: "f"},
		&GrantTrust{Presence: presence, Subject: "s", Digest: "d"},
		&PresentGate{Gate: "G1", Checks: checks}, &ApproveGate{Gate: "G1", Presence: presence, Checks: checks},
		&ApproveGate{Gate: "G1", Presence: presence, Checks: checks, Force: true, ForceReason: "r"},
		&RejectGate{Gate: "G1", Presence: presence, Feedback: "no"}, &SkipGate{Gate: "G1", Presence: presence, Reason: "r"},
		&ReopenGate{Gate: "G1", Presence: presence, Reason: "r"}, &ResolveCondition{ID: "aaaaaaaa", Presence: presence, Resolution: "r"},
		&CaptureProof{ID: "p", Gate: "G1", Type: "test_output", Result: yes, Pinned: true, WorkflowDigest: "w"},
		&AttestProof{ID: "p", Gate: "G1", Type: "prd_review", Presence: presence, Statement: "s", Result: yes},
		&SubmitProof{ID: "p", Gate: "G1", Type: "test_output", Name: "n", Result: yes, Size: 1000},
		&VerifyProof{ID: "bbbbbbbb"}, &InvalidateProof{ID: "bbbbbbbb", Reason: "r"},
		&AddTask{ID: "n", Title: "t"}, &EditTask{ID: "tttttttt", Title: &title}, &DependTask{ID: "tttttttt", DependsOn: "tttttttt"},
		&DeferTask{ID: "tttttttt", Gate: "G1", Reason: "r"},
		&PutDocument{ID: "d", SHA256: "s"}, &LockDocument{ID: "doc", Undo: true}, &DropDocument{ID: "doc"},
		&MakeDecision{ID: "d", Title: "t", Decision: "d"}, &ReverseDecision{ID: "d", Reason: "r"},
		&AddMemory{ID: "m", Content: "c"}, &RetractMemory{ID: "m", Reason: "r"}, &AddNote{ID: "n", Text: "t"},
		&AskQuestion{ID: "q", Question: "q"}, &AnswerQuestion{ID: "q", Answer: "yes"}, &AddRisk{ID: "r", Title: "t"},
		&UpdateRisk{ID: "r", Note: "n"}, &AddBlocker{ID: "b", Title: "t"}, &ChangeBlocker{ID: "b", Resolve: true, Text: "r"},
		&ResolveFeedback{ID: "f", Status: "declined", Resolution: "r"},
	}
	for _, s := range []DeliverableStatus{DeliverableSubmitted, DeliverableAccepted, DeliverableRejected} {
		commands = append(commands, &ChangeDeliverable{ID: "intake", Status: s, Presence: presence, SHA256: "s", Note: "n"})
	}
	for _, step := range []TaskStep{StepClaim, StepRelease, StepStart, StepDone, StepFail, StepCancel, StepBlock, StepUnblock} {
		commands = append(commands, &WorkTask{ID: "tttttttt", Step: step, Text: "t"})
	}
	return commands
}

// before returns a project that stands before G1 with nothing else against it.
func before(t *testing.T, status GateStatus, level Level) *State {
	t.Helper()
	w, err := workflow.Resolve(workflow.ResolveParams{Type: workflow.TypeTraditional, Preset: workflow.PresetSimple})
	require.NoError(t, err)
	s := &State{
		Project:  &Project{Slug: "cake", Type: workflow.TypeTraditional, Level: level, Phase: workflow.PhaseIntake, WorkflowDigest: "w"},
		Workflow: w,
		Tasks:    map[string]*Task{"tttttttt": {ID: "tttttttt", Status: TaskNotStarted}},
		Proofs:   []Proof{{ID: "bbbbbbbb", Gate: "G1", Type: "test_output"}},
		Documents: map[string]*Document{
			"doc": {ID: "doc", Locked: true, Version: 1},
		},
		Conditions: []Condition{{ID: "aaaaaaaa", Gate: "G1", Blocks: "G3", Status: statusOpen}},
		Questions:  map[string]*Question{"q": {ID: "q", To: "person", Status: statusOpen}},
		Decisions:  map[string]*Decision{"d": {ID: "d", Status: DecisionAccepted}},
		Memories:   map[string]*Memory{"m": {ID: "m"}},
		Risks:      map[string]*Risk{"r": {ID: "r", Status: statusOpen}},
		Blockers:   []Blocker{{ID: "b", Status: statusOpen, Level: 1, Gate: "G6"}},
		Feedback:   map[string]*Feedback{"f": {ID: "f", Status: statusOpen}},
	}
	gates, deliverables := seats(w, s.Project.Facts())
	for _, g := range gates {
		s.Gates = append(s.Gates, Gate{ID: g.ID, Position: g.Position, Phase: workflow.Phase(g.Phase), Applies: true, Status: GatePending})
	}
	s.Gates[0].Status = status
	for _, d := range deliverables {
		s.Deliverables = append(s.Deliverables, Deliverable{ID: d.ID, Gate: d.Gate, Kind: d.Kind, Status: DeliverableAccepted})
	}
	return s
}

// forPeople are the events that only a person may cause.
func forPeople() []event.Type {
	return []event.Type{
		event.GateApproved, event.GateApprovedWithConditions, event.GateForced, event.GateSkipped, event.GateRejected,
		event.ConditionResolved, event.WorkflowChanged, event.TrustGranted, event.ProofAttested, event.TaskDeferred,
		event.PhaseReopened, event.ProjectDeleted, event.ProjectArchived, event.ConstraintSet, event.QueryAnswered,
	}
}

// agentTestDay is when the commands are tried.
func agentTestDay() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// TestAgentsDecideNothing tries every command in every state of a gate and at
// every level as an agent: none may decide anything that is a person's.
func TestAgentsDecideNothing(t *testing.T) {
	t.Parallel()
	agent := Meta{Actor: Actor{Kind: ActorAgent, Name: "robot/orchestrator"}, Now: agentTestDay()}
	system := Meta{Actor: Actor{Kind: ActorSystem}, Now: agentTestDay()}
	statuses := []GateStatus{GatePending, GateInReview, GateApproved, GateRejected, GateNotApplicable, GateSkipped}
	for _, level := range Levels() {
		for _, status := range statuses {
			for i := range everyCommand() {
				for _, m := range []Meta{agent, system} {
					cmd := everyCommand()[i]
					events, err := cmd.Decide(before(t, status, level), m)
					for _, e := range events {
						require.NotContains(t, forPeople(), e.EventType(), "%s by %s, gate %s, level %s", cmd.CommandName(), m.Actor, status, level)
						if d, ok := e.(*event.DeliverableUpdatedPayload); ok {
							require.Equal(t, string(DeliverableSubmitted), d.Status)
						}
					}
					if err != nil {
						require.NotEqual(t, "internal", fault.CodeOf(err), err)
					}
				}
			}
		}
	}
}

// TestPeopleDecide holds that the test above can fail: a person in the same
// place does decide.
func TestPeopleDecide(t *testing.T) {
	t.Parallel()
	ada := Meta{Actor: Actor{Kind: ActorPerson, Name: "ada"}, Now: agentTestDay()}
	seen := map[event.Type]bool{}
	for _, status := range []GateStatus{GatePending, GateInReview, GateApproved} {
		for _, cmd := range everyCommand() {
			events, err := cmd.Decide(before(t, status, LevelTerminal), ada)
			if err != nil {
				continue
			}
			for _, e := range events {
				seen[e.EventType()] = true
			}
		}
	}
	for _, want := range []event.Type{event.GateApproved, event.GateSkipped, event.GateRejected, event.ConditionResolved, event.TaskDeferred, event.ProofAttested} {
		require.True(t, seen[want], want)
	}
}

// TestEveryEventIsApplied holds that the projections know every type of the
// catalogue.
func TestEveryEventIsApplied(t *testing.T) {
	t.Parallel()
	for _, s := range event.Catalogue() {
		raw, err := event.Encode(s.New())
		require.NoError(t, err)
		_, err = Apply(&event.Envelope{Type: s.Type, SchemaVersion: s.Version, Payload: raw, Version: 1})
		require.NoError(t, err, s.Type)
	}
	_, err := Apply(&event.Envelope{Type: "CakeEaten", SchemaVersion: 1, Payload: []byte("{}")})
	require.Error(t, err)
}
