package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// Act is everything that one command wrote: it is taken back as a whole.
type Act struct{ Events []event.Envelope }

// First and Last are the versions of its first and its last event.
func (a *Act) First() int64 { return a.Events[0].Version }

// Last is the version of its last event.
func (a *Act) Last() int64 { return a.Events[len(a.Events)-1].Version }

// SameAct reports whether two neighbours in a log were written by one command.
func SameAct(a, b *event.Envelope) bool {
	return a.CorrelationID == b.CorrelationID && a.Actor == b.Actor && a.OccurredAt.Equal(b.OccurredAt) && a.RecordedAt.Equal(b.RecordedAt)
}

// Acts splits a stretch of a log, in its order, into acts.
func Acts(events []event.Envelope) []Act {
	var acts []Act
	from := 0
	for i := range events {
		if i+1 == len(events) || !SameAct(&events[i], &events[i+1]) {
			acts = append(acts, Act{Events: events[from : i+1]})
			from = i + 1
		}
	}
	return acts
}

// undoRule says of a type whether it can be taken back.
type undoRule struct {
	// person says that only a person can take it back.
	person bool
	// why it cannot be, with a way out; empty when it can.
	why, hint string
}

// undoRuleOf is the closed catalogue of what can be taken back. What is not named
// cannot.
func undoRuleOf(t event.Type) undoRule {
	switch t { //nolint:exhaustive // what is not named cannot be undone
	case event.TaskCreated, event.TaskUpdated, event.TaskAssigned, event.TaskClaimed, event.TaskReleased, event.TaskStarted,
		event.TaskBlocked, event.TaskUnblocked, event.TaskCompleted, event.TaskFailed, event.TaskCancelled, event.TaskReopened, event.TaskPromoted,
		event.DependencyAdded, event.DependencyRemoved,
		event.DocumentCreated, event.DocumentUpdated, event.DocumentDeleted,
		event.DecisionMade, event.DecisionSuperseded, event.DecisionReversed, event.DecisionAmended, event.MemoryAdded,
		event.MemoryRetracted, event.MemoryAmended, event.NoteAdded, event.NoteAmended,
		event.RiskIdentified, event.RiskUpdated, event.BlockerCreated, event.BlockerResolved, event.QueryAnswered, event.FeedbackResolved,
		event.ProjectUpdated, event.TeachingLevelSet, event.ChangeUndone:
		return undoRule{}
	case event.TaskDeferred, event.ConstraintSet, event.BlockerEscalated, event.QueryAsked:
		// An agent has no other way to do the opposite, either.
		return undoRule{person: true}
	case event.GatePresented, event.GateApproved, event.GateApprovedWithConditions, event.GateRejected, event.GateForced, event.GateSkipped,
		event.GateReopened, event.GateBlocked, event.ConditionResolved, event.FeedbackGiven, event.ApprovalRequested:
		return undoRule{why: "what happened at a gate stays, and a person decides anew", hint: "run `layercake gate reopen --help`"}
	case event.ProofCaptured, event.ProofAttested, event.ProofSubmitted, event.ProofVerified, event.ProofInvalidated:
		return undoRule{why: "evidence stays as it was seen", hint: "capture it anew, or run `layercake proof invalidate --help`"}
	case event.DeliverableUpdated:
		return undoRule{why: "gates are judged by the deliverables, and what was said of them stays", hint: "run `layercake deliverable submit --help`"}
	case event.PhaseChanged, event.PhaseReopened:
		return undoRule{why: "phases are left and entered by gates", hint: "a person can go back: `layercake phase reopen --help`"}
	case event.SignerAdded, event.SignerRemoved, event.LevelChanged:
		return undoRule{why: "who may sign is decided by a person each time", hint: "run `layercake signer --help`"}
	case event.WorkflowChanged, event.TrustGranted:
		return undoRule{why: "what a person accepted is replaced by accepting something else", hint: "run `layercake trust --help`"}
	case event.FileSynced, event.SyncConflictDetected, event.SyncConflictResolved:
		return undoRule{why: "it records what stood in a file", hint: "change the file, or undo what came of it: `layercake undo --list`"}
	case event.AgentQueued, event.AgentStarted, event.AgentPrioritized, event.AgentCompleted, event.AgentFailed, event.AgentCancelled,
		event.HandoffRecorded:
		return undoRule{why: "an agent's work is stopped or tried again, not undone", hint: "run `layercake agent --help`"}
	case event.BudgetSet, event.BudgetExceeded:
		return undoRule{why: "it has a command of its own", hint: "run `layercake cost budget --help`"}
	case event.PayloadRedacted:
		return undoRule{why: "what was taken out of the log is gone", hint: "run `layercake redact --help`"}
	case event.ProjectCreated, event.ProjectDeleted:
		return undoRule{why: "a project begins and ends once", hint: "run `layercake project archive --help` to put it away"}
	case event.ProjectArchived:
		return undoRule{why: "it has a command of its own", hint: "run `layercake project archive --help`"}
	}
	return undoRule{why: "it records what happened outside of the log", hint: "run `layercake undo --list` to see what can be undone"}
}

// undoable says why an act cannot be taken back by an actor, whatever came after
// it, or nothing.
//
//nolint:nilnil // nothing speaks against it
func undoable(a *Act, by Actor) (*fault.Error, error) {
	if !by.IsPerson() && a.Events[0].Actor != by.String() {
		return fault.NotAllowed("undo_not_yours", "%s did it, and %s can undo only what it did itself", a.Events[0].Actor, by).
			WithHint("run `layercake undo --list` to see what can be undone"), nil
	}
	for i := range a.Events {
		if why, err := undoableEvent(&a.Events[i], by); why != nil || err != nil {
			return why, err
		}
	}
	return nil, nil
}

//nolint:nilnil // as above
func undoableEvent(e *event.Envelope, by Actor) (*fault.Error, error) {
	r := undoRuleOf(e.Type)
	p, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Version, err)
	}
	switch p := p.(type) {
	case *event.ProjectUpdatedPayload:
		if len(p.Gates) > 0 || p.Intake != nil || p.DeploymentMode != nil || p.HasUI != nil {
			r.why, r.hint = "it says which gates there are, and what was answered at intake", "run `layercake project update --help` to change it"
		}
	case *event.DocumentUpdatedPayload:
		r.person = p.Locked != nil
	case *event.ChangeUndonePayload:
		for _, t := range p.Types {
			r.person = r.person || undoRuleOf(event.Type(t)).person
		}
	}
	switch {
	case r.why != "":
		return fault.NotAllowed("undo_refused", "event %d, %s, cannot be undone: %s", e.Version, e.Type, r.why).WithHint("%s", r.hint), nil
	case r.person && !by.IsPerson():
		return fault.NotAllowed("person_required", "only a person can undo event %d, %s; this is %s", e.Version, e.Type, by).
			WithHint("ask the person you work for; `layercake undo --list` shows what you can undo yourself"), nil
	}
	return nil, nil
}

// UndoScan walks through a log from its end and says of each act whether it can be
// taken back.
type UndoScan struct {
	by Actor
	// touched is the last event that touched or named a record.
	touched map[string]*event.Envelope
	// undone are the acts that were taken back, by their first event. From there
	// on backwards, they and what took them back are as if they had never been.
	undone map[int64]undoneBy
}

// undoneBy is what took an act back, and the records that it touched.
type undoneBy struct {
	event   *event.Envelope
	records []string
}

// NewUndoScan returns a scan for somebody who wants to take something back.
func NewUndoScan(by Actor) *UndoScan {
	return &UndoScan{by: by, touched: map[string]*event.Envelope{}, undone: map[int64]undoneBy{}}
}

// Next looks at the act before those that it was given so far, and says why it
// cannot be taken back, or nothing when it can.
func (s *UndoScan) Next(a *Act) (*fault.Error, error) {
	owned, named, err := footprint(a)
	if err != nil {
		return nil, err
	}
	if by, gone := s.undone[a.First()]; gone {
		delete(s.undone, a.First())
		return fault.Conflict("already_undone", "event %d was undone by event %d already", a.First(), by.event.Version).
			WithHint("`layercake undo %d` brings it back", by.event.Version), nil
	}
	why, err := undoable(a, s.by)
	if err != nil {
		return nil, err
	}
	if why == nil {
		why = s.since(a, owned)
	}
	last := &a.Events[len(a.Events)-1]
	if p, ok := undoing(a); ok {
		s.undone[p.First] = undoneBy{last, named}
		return why, nil
	}
	for _, record := range named {
		if s.touched[record] == nil {
			s.touched[record] = last
		}
	}
	return why, nil
}

// since says what touched the records of an act after it, or nothing.
func (s *UndoScan) since(a *Act, owned []string) *fault.Error {
	for _, record := range owned {
		if e := s.touched[record]; e != nil {
			return touchedSince(a, record, e)
		}
		for _, by := range s.undone {
			if slices.Contains(by.records, record) {
				return touchedSince(a, record, by.event)
			}
		}
	}
	return nil
}

func touchedSince(a *Act, record string, e *event.Envelope) *fault.Error {
	return fault.Conflict("changed_since", "event %d cannot be undone: event %d, %s by %s, touched %s since",
		a.First(), e.Version, e.Type, e.Actor, recordName(record)).
		WithHint("undo the later one first with `layercake undo %d`, or change by hand what is to be different", e.Version)
}

// undoing returns what an act takes back, if that is what it does.
func undoing(a *Act) (*event.ChangeUndonePayload, bool) {
	p, err := event.Decode(a.Events[0].Type, a.Events[0].SchemaVersion, a.Events[0].Payload)
	if err != nil {
		return nil, false
	}
	u, ok := p.(*event.ChangeUndonePayload)
	return u, ok
}

// footprint returns the records that an act changed, and those that it changed or
// named: what it named must not vanish behind its back.
func footprint(a *Act) (owned, named []string, err error) {
	for i := range a.Events {
		changes, err := Apply(&a.Events[i])
		if err != nil {
			return nil, nil, err
		}
		for j := range changes {
			records := recordsOf(&changes[j])
			owned = append(owned, records...)
			named = append(append(named, records...), references(&changes[j])...)
		}
	}
	return owned, named, nil
}

// recordsOf identifies what a change changes: a record or, of the project itself,
// which all sorts of events change, the single facts.
func recordsOf(c *Change) []string {
	if c.Table != TableProjects || c.Op != OpSet {
		return []string{recordOf(c.Table, c.Key)}
	}
	var facts []string
	for _, at := range c.Columns {
		if name := c.Table.Columns[at].Name; name != columnUpdated {
			facts = append(facts, c.Table.Name+"/"+name)
		}
	}
	return facts
}

// recordOf identifies a record: its table and its key.
func recordOf(t *Table, key []any) string {
	parts := []string{t.Name}
	for _, k := range key {
		parts = append(parts, k.(string)) //nolint:forcetypeassert // keys are texts by construction
	}
	return strings.Join(parts, "/")
}

// references are the other records that a change names.
func references(c *Change) []string {
	var named []string
	add := func(t *Table, id any) {
		if id, ok := id.(string); ok && id != "" {
			named = append(named, recordOf(t, []any{id}))
		}
	}
	if c.Table == TableDependencies {
		for _, id := range c.Key {
			add(TableTasks, id)
		}
	}
	for _, column := range []string{"parent", "blocked_by", "superseded_by"} {
		at, to := c.Table.Index(column), namedTable(column)
		if at < 0 {
			continue
		}
		if c.Row != nil {
			add(to, c.Row[at])
		}
		for i := range c.Columns {
			if c.Columns[i] == at {
				add(to, c.Values[i])
			}
		}
	}
	return named
}

// namedTable is the table of the record that a column names.
func namedTable(column string) *Table {
	if column == "superseded_by" {
		return TableDecisions
	}
	return TableTasks
}

// recordName names a record for people.
func recordName(record string) string {
	table, id, _ := strings.Cut(record, "/")
	switch table {
	case TableTasks.Name:
		return TaskID(id)
	case TableDependencies.Name:
		return "that dependency"
	case TableProjects.Name:
		return "the project's " + human(id)
	case TableDecisions.Name:
		return PrefixDecision + id
	case TableMemories.Name:
		return PrefixMemory + id
	}
	return strings.TrimSuffix(table, "s") + " " + id
}

// CanBeUndone reports whether events of a type can be taken back by a person, as
// long as nothing came after them.
func CanBeUndone(t event.Type) bool { return undoRuleOf(t).why == "" }
