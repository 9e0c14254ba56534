package project

import (
	"fmt"

	"github.com/layercake-dev/layercake/core/event"
)

// Apply turns an event into the changes it makes to the projections. It is the
// only place that knows what an event means for the tables: writing, time
// travel, verification and rebuilding all go through it. It is pure and looks
// at nothing but the event.
func Apply(e *event.Envelope) ([]Change, error) {
	p, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", e.Version, err)
	}
	if event.Reserved(e.Type) {
		return nil, nil
	}
	changes, err := applied(e, p)
	return append(changes, used(e, p)...), err
}

// used keeps with a key when it signed last: a signature made before that cannot
// be used again. Its enrolment says so by itself, and a deleted project has no
// keys.
func used(e *event.Envelope, p event.Payload) []Change {
	s, ok := p.(event.Signable)
	if !ok || s.How().Signature == nil {
		return nil
	}
	key := s.How().Signature.Key
	switch p := p.(type) {
	case *event.ProjectDeletedPayload:
		return nil
	case *event.SignerAddedPayload:
		if p.Fingerprint == key {
			return nil
		}
	}
	return []Change{set(TableSigners, []any{key}, Fields{{"version", e.Version}})}
}

//nolint:gocyclo // one room after the other is asked
func applied(e *event.Envelope, p event.Payload) ([]Change, error) {
	a := applier{e: e}
	switch p := p.(type) {
	case *event.ProjectCreatedPayload:
		return a.projectCreated(p), nil
	case *event.ProjectUpdatedPayload:
		return a.projectUpdated(p), nil
	case *event.ProjectArchivedPayload:
		return a.project(Field{"archived", p.Archived}), nil
	case *event.ProjectDeletedPayload:
		return a.projectDeleted(), nil
	case *event.PhaseChangedPayload:
		return a.phaseChanged(p), nil
	case *event.PhaseReopenedPayload:
		return a.phaseReopened(p), nil
	case *event.ConstraintSetPayload:
		return a.constraintSet(p), nil
	case *event.TeachingLevelSetPayload:
		return a.project(Field{"teaching_level", p.Level}), nil
	case *event.WorkflowChangedPayload:
		return a.workflowChanged(p), nil
	case *event.PayloadRedactedPayload, *event.AnchorRecordedPayload:
		return nil, nil
	case *event.ChangeUndonePayload:
		return a.undone(p)
	}
	if changes, ok := a.trust(p); ok {
		return changes, nil
	}
	if changes, ok := a.gate(p); ok {
		return changes, nil
	}
	if changes, ok := a.proof(p); ok {
		return changes, nil
	}
	if changes, ok := a.sync(p); ok {
		return changes, nil
	}
	if changes, ok := a.amended(p); ok {
		return changes, nil
	}
	if changes, ok := a.task(p); ok {
		return changes, nil
	}
	if changes, ok := a.document(p); ok {
		return changes, nil
	}
	if changes, ok := a.record(p); ok {
		return changes, nil
	}
	if changes, ok := a.agent(p); ok {
		return changes, nil
	}
	return nil, fmt.Errorf("event %d: no projection knows what %s means", e.Version, e.Type)
}

// applier carries the envelope whose payload is applied.
type applier struct{ e *event.Envelope }

// at is the time that rows carry: the log's, which never goes back.
func (a applier) at() any { return a.e.RecordedAt }

func (a applier) project(fields ...Field) []Change {
	return []Change{set(TableProjects, []any{}, append(fields, Field{"updated_at", a.at()}))}
}

func (a applier) projectCreated(p *event.ProjectCreatedPayload) []Change {
	changes := []Change{
		insert(TableProjects, Fields{
			{"slug", p.Slug}, {"name", p.Name}, {"description", p.Description}, {"type", p.ProjectType},
			{"preset", p.Preset}, {"tier", p.Tier}, {"deployment_mode", p.DeploymentMode}, {"has_ui", p.HasUI},
			{"level", p.Level}, {"teaching_level", "intermediate"}, {"docs_dir", p.DocsDir}, {"phase", p.Phase},
			{"workflow_digest", p.WorkflowDigest}, {"created_by", a.e.Actor}, {"created_at", a.at()}, {"updated_at", a.at()},
		}),
		put(TableWorkflows, Fields{
			{"definition", string(p.Workflow)}, {"digest", p.WorkflowDigest}, {"accepted_by", a.e.Actor}, {"accepted_at", a.at()},
		}),
	}
	for _, g := range p.Gates {
		changes = append(changes, a.seatGate(g))
	}
	for _, d := range p.Deliverables {
		changes = append(changes, a.seatDeliverable(d))
	}
	return changes
}

func (a applier) seatGate(g event.GateSeat) Change {
	status := string(GatePending)
	if !g.Applies {
		status = string(GateNotApplicable)
	}
	return put(TableGates, Fields{
		{"gate_id", g.ID}, {"position", int64(g.Position)}, {"phase", g.Phase}, {"title", g.Title},
		{"applies", g.Applies}, {"status", status}, {"version", a.e.Version},
	})
}

func (a applier) seatDeliverable(d event.DeliverableSeat) Change {
	return put(TableDeliverables, Fields{
		{"deliverable_id", d.ID}, {"gate_id", d.Gate}, {"kind", d.Kind}, {"title", d.Title}, {"path", d.Path},
		{"role", d.Role}, {"status", string(DeliverablePending)}, {"updated_at", a.at()},
	})
}

func (a applier) projectUpdated(p *event.ProjectUpdatedPayload) []Change {
	var fields Fields
	if p.Name != nil {
		fields = append(fields, Field{"name", *p.Name})
	}
	if p.Description != nil {
		fields = append(fields, Field{"description", *p.Description})
	}
	if p.DeploymentMode != nil {
		fields = append(fields, Field{"deployment_mode", *p.DeploymentMode})
	}
	if p.HasUI != nil {
		fields = append(fields, Field{"has_ui", *p.HasUI})
	}
	if p.Intake != nil {
		fields = append(fields, Field{"intake", string(p.Intake)})
	}
	changes := a.project(fields...)
	for _, g := range p.Gates {
		status := string(GatePending)
		if !g.Applies {
			status = string(GateNotApplicable)
		}
		changes = append(changes, set(TableGates, []any{g.ID}, Fields{
			{"applies", g.Applies}, {"status", status}, {"version", a.e.Version},
		}))
	}
	return changes
}

func (applier) projectDeleted() []Change {
	tables := Tables()
	changes := make([]Change, 0, len(tables))
	for _, t := range tables {
		changes = append(changes, Change{Table: t, Op: OpDelete})
	}
	return changes
}

func (a applier) phaseChanged(p *event.PhaseChangedPayload) []Change {
	blockedFrom := ""
	if p.To == "blocked" {
		blockedFrom = p.From
	}
	return a.project(Field{"phase", p.To}, Field{"blocked_from", blockedFrom})
}

func (a applier) phaseReopened(p *event.PhaseReopenedPayload) []Change {
	changes := a.project(Field{"phase", p.To}, Field{"blocked_from", ""})
	for _, g := range p.Gates {
		changes = append(changes, a.gateBackToPending(g))
	}
	return changes
}

func (a applier) gateBackToPending(gate string) Change {
	return set(TableGates, []any{gate}, Fields{
		{"status", string(GatePending)}, {"since_version", a.e.Version}, {"commit_id", ""}, {"tree", ""}, {"brief", ""},
		{"presented_by", ""}, {"presented_at", nil}, {"decided_by", ""}, {"decided_at", nil}, {"level", ""}, {"note", ""},
		{"forced", false}, {"conditional", false}, {"version", a.e.Version}, {"signer", ""},
		{"requested_through", ""}, {"requested_at", nil},
	})
}

func (a applier) signerAdded(p *event.SignerAddedPayload) []Change {
	return []Change{put(TableSigners, Fields{
		{"fingerprint", p.Fingerprint}, {"name", p.Name}, {"kind", p.Kind}, {"public_key", p.Key}, {"presence", p.Presence},
		{"gates", list(p.Gates)}, {"added_by", a.e.Actor}, {"added_at", a.at()}, {"version", a.e.Version},
	})}
}

func (a applier) constraintSet(p *event.ConstraintSetPayload) []Change {
	if p.Value == "" {
		return []Change{remove(TableConstraints, p.Key)}
	}
	return []Change{put(TableConstraints, Fields{
		{"constraint_key", p.Key}, {"value", p.Value}, {"reason", p.Reason}, {"set_by", a.e.Actor}, {"set_at", a.at()},
	})}
}

func (a applier) workflowChanged(p *event.WorkflowChangedPayload) []Change {
	changes := append(a.project(Field{"workflow_digest", p.Digest}, Field{"workflow_source", p.SourceDigest}),
		put(TableWorkflows, Fields{
			{"definition", string(p.Workflow)}, {"digest", p.Digest}, {"accepted_by", a.e.Actor}, {"accepted_at", a.at()},
		}))
	for _, g := range p.AddedGates {
		changes = append(changes, a.seatGate(g))
	}
	for _, g := range p.MovedGates {
		changes = append(changes, set(TableGates, []any{g.ID}, Fields{
			{"position", int64(g.Position)}, {"phase", g.Phase}, {"title", g.Title}, {"version", a.e.Version},
		}))
	}
	for _, g := range p.RemovedGates {
		changes = append(changes, remove(TableGates, g))
	}
	for _, d := range p.AddedDeliverables {
		changes = append(changes, a.seatDeliverable(d))
	}
	for _, d := range p.RemovedDeliverables {
		changes = append(changes, remove(TableDeliverables, d))
	}
	return changes
}

// trust applies the events about what and who is trusted.
func (a applier) trust(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.TrustGrantedPayload:
		return a.trustGranted(p), true
	case *event.SignerAddedPayload:
		return a.signerAdded(p), true
	case *event.SignerRemovedPayload:
		return []Change{set(TableSigners, []any{p.Fingerprint}, Fields{{"removed_at", a.at()}, {"version", a.e.Version}})}, true
	case *event.LevelChangedPayload:
		return a.project(Field{"level", p.To}), true
	}
	return nil, false
}

func (a applier) trustGranted(p *event.TrustGrantedPayload) []Change {
	return []Change{put(TableTrust, Fields{
		{"subject", p.Subject}, {"digest", p.Digest}, {"level", p.Level}, {"granted_by", a.e.Actor}, {"granted_at", a.at()},
	})}
}
