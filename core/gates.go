package core

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/proof"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Gates presents gates and records what people decide.
type Gates struct{ a *App }

// GateView is a gate with what the workflow asks of it and what there is.
type GateView struct {
	project.Gate

	Question     string                `json:"question"`
	Roles        []string              `json:"roles"`
	Required     []workflow.Proof      `json:"required_proofs"`
	Proofs       []project.Proof       `json:"proofs"`
	Deliverables []project.Deliverable `json:"deliverables"`
	Conditions   []project.Condition   `json:"conditions"`
	// Drift is what [Gates.Drift] returns, where the files are looked at.
	Drift *Drift `json:"drift"`
}

// Readiness says whether a gate could be approved now, and if not, why.
type Readiness struct {
	Gate      string            `json:"gate"`
	Ready     bool              `json:"ready"`
	Presented bool              `json:"presented"`
	Reasons   []project.Reason  `json:"reasons"`
	Candidate project.Candidate `json:"candidate"`
	// Drift is what [Gates.Drift] returns. It stands against nothing: the gate is
	// decided on its candidate.
	Drift *Drift `json:"drift"`
}

// List returns all gates in order.
func (s *Gates) List(ctx context.Context, v View) ([]project.Gate, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Gate, error) { return r.Gates(ctx) })
}

// Get returns one gate with everything about it.
func (s *Gates) Get(ctx context.Context, v View, gate string) (*GateView, error) {
	v.Wants = evidenceWants()
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*GateView, error) {
		st, err := evidence(ctx, r)
		if err != nil {
			return nil, err
		}
		return gateView(st, gate)
	})
}

func gateView(st *project.State, gate string) (*GateView, error) {
	g, err := st.Gate(gate)
	if err != nil {
		return nil, err
	}
	view := &GateView{
		Gate: *g, Roles: []string{}, Required: []workflow.Proof{}, Proofs: []project.Proof{},
		Deliverables: []project.Deliverable{}, Conditions: []project.Condition{},
	}
	if def, ok := st.Workflow.Gate(g.ID); ok {
		view.Question = def.Question
		view.Roles = append(view.Roles, def.Roles...)
		view.Required = append(view.Required, def.Proofs...)
	}
	for i := range st.Proofs {
		if st.Proofs[i].Gate == g.ID {
			view.Proofs = append(view.Proofs, st.Proofs[i])
		}
	}
	for i := range st.Deliverables {
		if st.Deliverables[i].Gate == g.ID {
			view.Deliverables = append(view.Deliverables, st.Deliverables[i])
		}
	}
	for i := range st.Conditions {
		if c := &st.Conditions[i]; c.Gate == g.ID || strings.EqualFold(c.Blocks, g.ID) {
			view.Conditions = append(view.Conditions, *c)
		}
	}
	return view, nil
}

// evidenceWants is what evidence reads.
func evidenceWants() *Wants {
	return &Wants{Project: true, Workflow: true, Gates: true, Evidence: true}
}

// evidence reads what decisions on gates look at.
func evidence(ctx context.Context, r Reader) (*project.State, error) {
	var st project.State
	var err error
	if st.Project, err = r.Project(ctx); err != nil {
		return nil, err
	}
	if st.Workflow, err = r.Workflow(ctx); err != nil {
		return nil, err
	}
	if st.Gates, err = r.Gates(ctx); err != nil {
		return nil, err
	}
	if st.Proofs, err = r.Proofs(ctx, "", ""); err != nil {
		return nil, err
	}
	if st.Deliverables, err = r.Deliverables(ctx); err != nil {
		return nil, err
	}
	if st.Conditions, err = r.Conditions(ctx); err != nil {
		return nil, err
	}
	if st.Blockers, err = r.Blockers(ctx); err != nil {
		return nil, err
	}
	st.OpenTasks, err = r.OpenTasks(ctx)
	return &st, err
}

// state reads what decisions on gates look at, in a read of its own.
func (s *Gates) state(ctx context.Context, p uuid.UUID) (*project.State, error) {
	return read(ctx, s.a, View{Project: p, Wants: evidenceWants()}, evidence)
}

// Check says whether a gate could be approved now. It hashes every artifact and
// compares the files; nothing is written.
func (s *Gates) Check(ctx context.Context, at Place, gate string) (*Readiness, error) {
	st, err := s.state(ctx, at.Project)
	if err != nil {
		return nil, err
	}
	return s.check(ctx, at, st, gate)
}

// check is [Gates.Check] on what was read already.
func (s *Gates) check(ctx context.Context, at Place, st *project.State, gate string) (*Readiness, error) {
	g, err := st.Gate(gate)
	if err != nil {
		return nil, err
	}
	checks := s.checks(ctx, at, st, g)
	reasons := project.Readiness(st, g, checks)
	if reasons == nil {
		reasons = []project.Reason{}
	}
	return &Readiness{
		Gate: g.ID, Ready: len(reasons) == 0, Presented: g.Status == project.GateInReview, Reasons: reasons, Candidate: checks.Candidate,
		Drift: s.drift(ctx, at, st, g),
	}, nil
}

// checks looks at everything outside the database that a decision on a gate
// depends on. What cannot be looked at is left out, and so counts against it.
func (s *Gates) checks(ctx context.Context, at Place, st *project.State, g *project.Gate) *project.Checks {
	c := &project.Checks{Trees: map[string]string{}, Drifted: map[string][]string{}, Artifacts: map[string]string{}, Files: map[string]project.FileCheck{}}
	c.Candidate = candidate(ctx, at, st.Project, g)
	if def, ok := st.Workflow.Gate(g.ID); ok && c.Candidate.Commit != "" {
		s.trees(ctx, at, st, g, &def, c)
	}
	for i := range st.Proofs {
		if p := &st.Proofs[i]; p.Gate == g.ID {
			c.Artifacts[p.ID] = ""
			if err := s.a.artifacts.Verify(ctx, p.SHA256); err != nil {
				c.Artifacts[p.ID] = err.Error()
			}
		}
	}
	for i := range st.Deliverables {
		if d := &st.Deliverables[i]; d.Gate == g.ID && d.Path != "" {
			c.Files[d.ID] = fileCheck(ctx, at.Root, d.Path)
		}
	}
	return c
}

// trees fills in what the candidate holds of the files that the captured proofs
// of a gate cover.
func (s *Gates) trees(ctx context.Context, at Place, st *project.State, g *project.Gate, def *workflow.Gate, c *project.Checks) {
	var commit *proof.Commit
	for i := range def.Proofs {
		if def.Proofs[i].Grade != workflow.GradeCaptured {
			continue
		}
		if commit == nil {
			var err error
			if commit, err = s.a.commits.Get(ctx, at.Root, c.Candidate.Commit); err != nil {
				return
			}
		}
		paths := def.Proofs[i].Paths
		if tree, err := commit.Tree(treeOptions(st.Project, paths)); err == nil {
			c.Trees[project.PathsKey(paths)] = tree.Digest
		}
		if g.Status == project.GateInReview {
			c.Drifted[project.PathsKey(paths)] = s.driftedFiles(ctx, at, st, paths, c.Candidate.Commit)
		}
	}
}

// candidate returns the commit that a gate is decided on: the one fixed when it
// was presented, or HEAD when it was not.
func candidate(ctx context.Context, at Place, p *project.Project, g *project.Gate) project.Candidate {
	if at.Root == "" {
		return project.Candidate{Problem: "the project's folder is not known here"}
	}
	if g.Status == project.GateInReview && g.Commit != "" {
		return project.Candidate{Commit: g.Commit}
	}
	st, err := proof.Stand(ctx, at.Root, treeOptions(p, nil))
	switch {
	case err != nil:
		return project.Candidate{Problem: err.Error()}
	case st.Commit == "":
		return project.Candidate{Problem: "nothing is committed yet"}
	}
	return project.Candidate{Commit: st.Commit, Dirty: st.Dirty}
}

// Present puts a gate before a person: it fixes the candidate and writes the
// brief. The gate returned carries the brief.
func (s *Gates) Present(ctx context.Context, by Caller, at Place, gate string) (*GateView, error) {
	st, err := s.state(ctx, at.Project)
	if err != nil {
		return nil, err
	}
	g, err := st.Gate(gate)
	if err != nil {
		return nil, err
	}
	// Presenting again looks at HEAD anew.
	fresh := *g
	fresh.Status, fresh.Commit = project.GatePending, ""
	checks := s.checks(ctx, at, st, &fresh)
	tree := ""
	if checks.Candidate.Commit != "" {
		if t, err := proof.CommitTree(ctx, at.Root, checks.Candidate.Commit, treeOptions(st.Project, nil)); err == nil {
			tree = t.Digest
		}
	}
	brief, err := s.brief(ctx, at, st, g, checks)
	if err != nil {
		return nil, err
	}
	cmd := &project.PresentGate{Gate: g.ID, Checks: checks, Tree: tree, Brief: brief}
	if _, err := s.a.write(ctx, by, at.Project, cmd); err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: at.Project}, g.ID)
}

// Approval is what a person decides when they approve.
type Approval struct {
	Gate string
	Note string
	// Conditions are left to be done before later gates.
	Conditions []NewCondition
	// Next chooses among the phases that may follow; empty takes the default.
	Next workflow.Phase
	// ForceReason approves against the reasons, and says why.
	ForceReason string
}

// NewCondition is a condition that an approval leaves.
type NewCondition struct {
	Text   string
	Blocks string
}

// Approve records a person's yes. It checks everything again at that moment.
func (s *Gates) Approve(ctx context.Context, by Caller, at Place, in Approval) (*GateView, error) {
	st, err := s.state(ctx, at.Project)
	if err != nil {
		return nil, err
	}
	g, err := st.Gate(in.Gate)
	if err != nil {
		return nil, err
	}
	cmd := &project.ApproveGate{
		Gate: g.ID, Presence: by.Presence, Note: in.Note, Checks: s.checks(ctx, at, st, g), Next: in.Next,
		Force: in.ForceReason != "", ForceReason: in.ForceReason,
	}
	for _, c := range in.Conditions {
		id, err := s.a.newID()
		if err != nil {
			return nil, err
		}
		cmd.Conditions = append(cmd.Conditions, event.Condition{ID: id, Text: c.Text, Blocks: c.Blocks})
	}
	if _, err := s.a.write(ctx, by, at.Project, cmd); err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: at.Project}, g.ID)
}

// Request keeps that somebody said yes to a gate in an MCP client where that
// does not approve. The gate stays in review until a person decides.
func (s *Gates) Request(ctx context.Context, by Caller, p uuid.UUID, gate, word, through, note string) (*GateView, error) {
	return s.decide(ctx, by, p, gate, &project.RequestApproval{Gate: gate, Word: word, Through: through, Note: note})
}

// Reject records a person's no and opens a change request.
func (s *Gates) Reject(ctx context.Context, by Caller, p uuid.UUID, gate, feedback, role string) (*GateView, error) {
	id, err := s.a.newID()
	if err != nil {
		return nil, err
	}
	return s.decide(ctx, by, p, gate, &project.RejectGate{Gate: gate, Presence: by.Presence, FeedbackID: id, Feedback: feedback, Role: role})
}

// Skip leaves a gate out.
func (s *Gates) Skip(ctx context.Context, by Caller, p uuid.UUID, gate, reason string) (*GateView, error) {
	return s.decide(ctx, by, p, gate, &project.SkipGate{Gate: gate, Presence: by.Presence, Reason: reason})
}

// Reopen sends a gate back to pending, and if it was passed, every later one.
func (s *Gates) Reopen(ctx context.Context, by Caller, p uuid.UUID, gate, reason string) (*GateView, error) {
	return s.decide(ctx, by, p, gate, &project.ReopenGate{Gate: gate, Presence: by.Presence, Reason: reason})
}

func (s *Gates) decide(ctx context.Context, by Caller, p uuid.UUID, gate string, cmd project.Command) (*GateView, error) {
	if _, err := s.a.write(ctx, by, p, cmd); err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: p}, gate)
}

// Conditions lists the open conditions, or all.
func (s *Gates) Conditions(ctx context.Context, v View, all bool) ([]project.Condition, error) {
	list, err := read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Condition, error) { return r.Conditions(ctx) })
	return open(list, err, all, func(c *project.Condition) string { return c.Status })
}

// ResolveCondition says that a condition is met; only a person can.
func (s *Gates) ResolveCondition(ctx context.Context, by Caller, p uuid.UUID, typed, resolution string) (*project.Condition, error) {
	id, err := s.a.find(ctx, p, KindCondition, typed)
	if err != nil {
		return nil, err
	}
	cmd := &project.ResolveCondition{ID: id, Presence: by.Presence, Resolution: resolution}
	if _, err := s.a.write(ctx, by, p, cmd); err != nil {
		return nil, err
	}
	list, err := s.Conditions(ctx, View{Project: p}, true)
	if err != nil {
		return nil, err
	}
	return pick(list, id, func(c *project.Condition) string { return c.ID })
}
