package project

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
)

// CreateProject begins a project.
type CreateProject struct {
	Slug, Name, Description string
	Type                    workflow.ProjectType
	Preset                  workflow.Preset
	Tier                    workflow.Tier
	DeploymentMode          workflow.DeploymentMode
	HasUI                   bool
	Level                   Level
	DocsDir                 string
	Workflow                *workflow.Workflow
}

// CommandName returns "project.create".
func (*CreateProject) CommandName() string { return "project.create" }

// Needs returns nothing.
func (*CreateProject) Needs() Needs { return Needs{} }

// slugPattern is what a slug looks like.
//
//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var slugPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
})

const maxSlug = 63

// Decide begins the project with the workflow as resolved.
func (c *CreateProject) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if s.Project != nil {
		return nil, fault.Conflict("project_exists", "project %s exists already", s.Project.Slug).WithHint("run `layercake status`")
	}
	if err := c.clean(); err != nil {
		return nil, err
	}
	definition, err := json.Marshal(c.Workflow)
	if err != nil {
		return nil, fmt.Errorf("encode workflow: %w", err)
	}
	p := Project{Type: c.Type, DeploymentMode: c.DeploymentMode, Tier: c.Tier, HasUI: c.HasUI}
	gates, deliverables := seats(c.Workflow, p.Facts())
	return []event.Payload{&event.ProjectCreatedPayload{
		Slug: c.Slug, Name: c.Name, Description: c.Description, ProjectType: string(c.Type), Preset: string(c.Preset),
		Tier: string(c.Tier), DeploymentMode: string(c.DeploymentMode), HasUI: c.HasUI, Level: string(c.Level),
		DocsDir: c.DocsDir, Phase: string(workflow.PhaseIntake), Workflow: definition, WorkflowDigest: c.Workflow.Digest(),
		Gates: gates, Deliverables: deliverables,
	}}, nil
}

func (c *CreateProject) clean() error {
	if len(c.Slug) > maxSlug || !slugPattern().MatchString(c.Slug) {
		return fault.Usage("invalid_slug", "%q is not a slug: lower-case letters, digits and single hyphens, at most %d characters", c.Slug, maxSlug).
			WithHint("write it as in web-shop; `layercake project list` shows those that are taken")
	}
	err := check(func(k *checker) { k.title("name", &c.Name); k.body("description", &c.Description) })
	if err != nil {
		return err
	}
	if err := oneOf("type", c.Type, workflow.ProjectTypes()); err != nil {
		return err
	}
	if err := oneOf("preset", c.Preset, workflow.Presets()); err != nil {
		return err
	}
	if err := oneOf("tier", c.Tier, workflow.Tiers()); err != nil {
		return err
	}
	if err := oneOf("deployment_mode", c.DeploymentMode, workflow.DeploymentModes()); err != nil {
		return err
	}
	return oneOf("level", c.Level, Levels())
}

// Levels returns the approval levels that a project can be created with.
func Levels() []Level { return []Level{LevelTerminal, LevelSigned, LevelDemo} }

// ChosenLevels returns every level that a project can have. That answers given
// in an MCP client count is only a person's to say, and so comes later.
func ChosenLevels() []Level { return []Level{LevelTerminal, LevelSigned, LevelElicited, LevelDemo} }

// seats lists what a workflow puts into the projections.
func seats(w *workflow.Workflow, facts workflow.Facts) (gates []event.GateSeat, deliverables []event.DeliverableSeat) {
	for i := range w.Gates {
		g := &w.Gates[i]
		gates = append(gates, event.GateSeat{
			ID: g.ID, Position: i + 1, Phase: string(g.Phase), Title: g.Title, Applies: g.AppliesWhen.Hold(facts),
		})
		for _, d := range g.Deliverables {
			deliverables = append(deliverables, event.DeliverableSeat{
				ID: d.ID, Kind: string(d.Kind), Gate: g.ID, Title: d.Title, Path: d.Path, Role: d.Role,
			})
		}
	}
	return gates, deliverables
}

// UpdateProject changes facts about a project.
type UpdateProject struct {
	Name, Description *string
	DeploymentMode    *workflow.DeploymentMode
	HasUI             *bool
	// Intake holds the answers given at intake, as JSON.
	Intake json.RawMessage
}

// CommandName returns "project.update".
func (*UpdateProject) CommandName() string { return "project.update" }

// Needs returns the workflow, because facts decide which gates apply.
func (*UpdateProject) Needs() Needs { return Needs{Workflow: true} }

// Decide changes the facts and the applicability of gates with them. A fact
// that decides whether a gate applies is only a person's to change once the
// first gate is passed: it would be a way round the gate.
func (c *UpdateProject) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	err := check(func(k *checker) {
		if c.Name != nil {
			k.title("name", c.Name)
		}
		if c.Description != nil {
			k.body("description", c.Description)
		}
	})
	if err != nil {
		return nil, err
	}
	p := event.ProjectUpdatedPayload{}
	changed := false
	if c.Intake != nil && !bytes.Equal(c.Intake, s.Project.Intake) {
		p.Intake, changed = c.Intake, true
	}
	p.Name = differs(c.Name, s.Project.Name, &changed)
	p.Description = differs(c.Description, s.Project.Description, &changed)
	facts := s.Project.Facts()
	if c.DeploymentMode != nil && *c.DeploymentMode != facts.DeploymentMode {
		if err := oneOf("deployment_mode", *c.DeploymentMode, workflow.DeploymentModes()); err != nil {
			return nil, err
		}
		mode := string(*c.DeploymentMode)
		p.DeploymentMode, facts.DeploymentMode, changed = &mode, *c.DeploymentMode, true
	}
	if c.HasUI != nil && *c.HasUI != facts.HasUI {
		p.HasUI, facts.HasUI, changed = c.HasUI, *c.HasUI, true
	}
	if !changed {
		return nil, nil
	}
	if p.Gates, err = reseat(s, facts); err != nil {
		return nil, err
	}
	if len(p.Gates) > 0 && len(s.Gates) > 0 && s.Gates[0].Status.Passed() {
		if err := personOnly(m, "change a fact that decides which gates apply"); err != nil {
			return nil, err
		}
	}
	return []event.Payload{&p}, nil
}

// reseat lists the gates that begin or cease to apply under other facts.
func reseat(s *State, facts workflow.Facts) ([]event.GateSeat, error) {
	var changed []event.GateSeat
	for i := range s.Gates {
		g := &s.Gates[i]
		def, ok := s.Workflow.Gate(g.ID)
		if !ok {
			continue
		}
		applies := def.AppliesWhen.Hold(facts)
		if applies == g.Applies {
			continue
		}
		if g.Status == GateApproved || g.Status == GateSkipped || g.Status == GateInReview {
			return nil, fault.Conflict("gate_decided", "gate %s is %s; the fact that decides whether it applies cannot change now", g.ID, human(string(g.Status))).
				WithHint("run `layercake gate show %s`", g.ID)
		}
		changed = append(changed, event.GateSeat{ID: g.ID, Position: g.Position, Phase: string(g.Phase), Title: g.Title, Applies: applies})
	}
	return changed, nil
}

// ArchiveProject puts a project away, or takes it out again.
type ArchiveProject struct {
	Undo   bool
	Reason string
}

// CommandName returns "project.archive".
func (*ArchiveProject) CommandName() string { return "project.archive" }

// Needs returns nothing.
func (*ArchiveProject) Needs() Needs { return Needs{} }

// Decide archives; only a person does.
func (c *ArchiveProject) Decide(s *State, m Meta) ([]event.Payload, error) {
	if s.Project == nil {
		return nil, exists(s)
	}
	if err := personOnly(m, "archive a project"); err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.body("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	if s.Project.Archived == !c.Undo {
		return nil, nil
	}
	return []event.Payload{&event.ProjectArchivedPayload{Archived: !c.Undo, Reason: c.Reason}}, nil
}

// DeleteProject removes a project from every list. Its log stays.
type DeleteProject struct {
	Presence Presence
	// Slug repeats the project's slug, so that nobody deletes the wrong one.
	Slug   string
	Reason string
}

// CommandName returns "project.delete".
func (*DeleteProject) CommandName() string { return "project.delete" }

// Needs returns nothing.
func (c *DeleteProject) Needs() Needs { return c.Presence.needs(Needs{}) }

// Decide deletes under the same conditions as an approval.
func (c *DeleteProject) Decide(s *State, m Meta) ([]event.Payload, error) {
	if s.Project == nil {
		return nil, exists(s)
	}
	how, err := c.Presence.decided(s, m, c, "delete a project")
	if err != nil {
		return nil, err
	}
	if c.Slug != s.Project.Slug {
		return nil, fault.Usage("slug_mismatch", "the project is called %s, not %q", s.Project.Slug, c.Slug).
			WithHint("run `layercake project list`")
	}
	return []event.Payload{&event.ProjectDeletedPayload{Slug: c.Slug, Reason: c.Reason, Decided: how}}, nil
}

// SetConstraint binds the project to something, or lifts a constraint.
type SetConstraint struct {
	Key, Value, Reason string
}

// CommandName returns "project.constraint".
func (*SetConstraint) CommandName() string { return "project.constraint" }

// Needs returns nothing.
func (*SetConstraint) Needs() Needs { return Needs{} }

// Decide lets only a person set constraints: they bind agents.
func (c *SetConstraint) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := personOnly(m, "set a constraint"); err != nil {
		return nil, err
	}
	if err := check(func(k *checker) { k.title("key", &c.Key); k.line("value", &c.Value); k.body("reason", &c.Reason) }); err != nil {
		return nil, err
	}
	if c.Key == "change_authority" && c.Value != "" {
		if err := oneOf("change_authority", c.Value, []string{"preserve", "optimize", "balance"}); err != nil {
			return nil, err
		}
	}
	return []event.Payload{&event.ConstraintSetPayload{Key: c.Key, Value: c.Value, Reason: c.Reason}}, nil
}

// SetTeachingLevel says how much the output explains.
type SetTeachingLevel struct{ Level string }

// CommandName returns "project.teaching".
func (*SetTeachingLevel) CommandName() string { return "project.teaching" }

// Needs returns nothing.
func (*SetTeachingLevel) Needs() Needs { return Needs{} }

// TeachingLevels returns the teaching levels.
func TeachingLevels() []string { return []string{"novice", "intermediate", "expert"} }

// Decide sets the level.
func (c *SetTeachingLevel) Decide(s *State, _ Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	if err := oneOf("teaching_level", c.Level, TeachingLevels()); err != nil {
		return nil, err
	}
	if s.Project.TeachingLevel == c.Level {
		return nil, nil
	}
	return []event.Payload{&event.TeachingLevelSetPayload{Level: c.Level}}, nil
}

// AcceptWorkflow makes a changed workflow the one that counts.
type AcceptWorkflow struct {
	Presence     Presence
	Workflow     *workflow.Workflow
	SourceDigest string
	Subject      string
	Weakens      []string
}

// CommandName returns "trust.workflow".
func (*AcceptWorkflow) CommandName() string { return "trust.workflow" }

// Needs returns the workflow that counts today, and the deliverables.
func (c *AcceptWorkflow) Needs() Needs {
	return c.Presence.needs(Needs{Workflow: true, Evidence: true})
}

// Decide accepts under the same conditions as an approval. A gate that is
// passed or in review cannot be removed.
func (c *AcceptWorkflow) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "accept a workflow")
	if err != nil {
		return nil, err
	}
	digest := c.Workflow.Digest()
	trust := &event.TrustGrantedPayload{Subject: c.Subject, Digest: c.SourceDigest, Decided: how}
	if digest == s.Project.WorkflowDigest {
		if c.SourceDigest == s.Project.WorkflowSource {
			return nil, nil
		}
	}
	definition, err := json.Marshal(c.Workflow)
	if err != nil {
		return nil, fmt.Errorf("encode workflow: %w", err)
	}
	p := &event.WorkflowChangedPayload{
		Digest: digest, SourceDigest: c.SourceDigest, Workflow: definition, Weakens: c.Weakens, Decided: how,
	}
	gates, deliverables := seats(c.Workflow, s.Project.Facts())
	if err := c.gates(s, p, gates); err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for i := range s.Deliverables {
		have[s.Deliverables[i].ID] = true
	}
	for _, d := range deliverables {
		if !have[d.ID] {
			p.AddedDeliverables = append(p.AddedDeliverables, d)
		}
		delete(have, d.ID)
	}
	for id := range have {
		p.RemovedDeliverables = append(p.RemovedDeliverables, id)
	}
	slices.Sort(p.RemovedDeliverables)
	return []event.Payload{p, trust}, nil
}

func (c *AcceptWorkflow) gates(s *State, p *event.WorkflowChangedPayload, seats []event.GateSeat) error {
	old := map[string]*Gate{}
	for i := range s.Gates {
		old[s.Gates[i].ID] = &s.Gates[i]
	}
	for _, seat := range seats {
		g, ok := old[seat.ID]
		switch {
		case !ok:
			p.AddedGates = append(p.AddedGates, seat)
		case g.Applies != seat.Applies:
			if g.Status == GateApproved || g.Status == GateSkipped || g.Status == GateInReview {
				return fault.Conflict("gate_decided", "the workflow changes whether gate %s applies, and it is %s", g.ID, human(string(g.Status))).
					WithHint("run `layercake gate show %s`", g.ID)
			}
			// Seated anew: nothing has happened to it yet that could be lost.
			p.AddedGates = append(p.AddedGates, seat)
		case g.Position != seat.Position || string(g.Phase) != seat.Phase || g.Title != seat.Title:
			p.MovedGates = append(p.MovedGates, seat)
		}
		delete(old, seat.ID)
	}
	for i := range s.Gates {
		g := &s.Gates[i]
		if _, gone := old[g.ID]; !gone {
			continue
		}
		if g.Status == GateApproved || g.Status == GateSkipped || g.Status == GateInReview {
			return fault.Conflict("gate_decided", "the workflow leaves out gate %s, which is %s", g.ID, human(string(g.Status))).
				WithHint("run `layercake gate show %s`", g.ID)
		}
		p.RemovedGates = append(p.RemovedGates, g.ID)
	}
	return nil
}

// GrantTrust records that a person accepted another file of the repository.
type GrantTrust struct {
	Presence        Presence
	Subject, Digest string
}

// CommandName returns "trust.file".
func (*GrantTrust) CommandName() string { return "trust.file" }

// Needs returns what is trusted already.
func (c *GrantTrust) Needs() Needs { return c.Presence.needs(Needs{Trust: true}) }

// Decide grants trust under the same conditions as an approval.
func (c *GrantTrust) Decide(s *State, m Meta) ([]event.Payload, error) {
	if err := exists(s); err != nil {
		return nil, err
	}
	how, err := c.Presence.decided(s, m, c, "trust a file")
	if err != nil {
		return nil, err
	}
	if t, ok := s.Trust[c.Subject]; ok && t.Digest == c.Digest {
		return nil, nil
	}
	return []event.Payload{&event.TrustGrantedPayload{Subject: c.Subject, Digest: c.Digest, Decided: how}}, nil
}
