package core

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Projects creates and changes projects and their phases.
type Projects struct{ a *App }

// NewProject is what a project is made from. Empty fields get their defaults:
// type traditional, preset full, tier standard, deployment undetermined, level
// terminal, the documents in "docs".
type NewProject struct {
	// ID is the id of a project that another database has, or zero for a new one.
	ID uuid.UUID
	// Slug is the short name; empty makes one from Name.
	Slug, Name, Description string
	Type                    workflow.ProjectType
	Preset                  workflow.Preset
	Tier                    workflow.Tier
	DeploymentMode          workflow.DeploymentMode
	HasUI                   bool
	Level                   project.Level
	DocsDir                 string
}

// Create begins a project with the built-in workflow. What a repository says of
// commands and gates counts only once a person has accepted it; see
// [Workflows.Accept].
func (s *Projects) Create(ctx context.Context, by Caller, in NewProject) (*project.Project, error) {
	derived := in.Slug == ""
	if derived {
		// A slug is made of small letters, by which no secret is recognised.
		in.Slug = Slug(s.a.cleaner.redactor.String(strings.TrimSpace(in.Name)))
	}
	in.defaults()
	if strings.HasPrefix(in.DocsDir, "/") || strings.Contains(in.DocsDir, "..") {
		return nil, fault.Usage("invalid_docs_dir", "the documents' folder %q is not inside of the project", in.DocsDir).
			WithHint("name a folder below the project's, such as docs")
	}
	w, err := resolveWorkflow(workflow.ResolveParams{Type: in.Type, Preset: in.Preset, Tier: in.Tier}, in.DocsDir)
	if err != nil {
		return nil, err
	}
	if by.Correlation == uuid.Nil {
		by.Correlation = uuid.New()
	}
	named := in.Slug
	for n := 2; ; n++ {
		p, err := s.create(ctx, by, &in, w)
		if derived && fault.CodeOf(err) == "slug_taken" && n <= maxSlugs {
			// Nobody chose this name, so another will do.
			suffix := fmt.Sprintf("-%d", n)
			in.Slug = strings.TrimRight(named[:min(len(named), maxSlug-len(suffix))], "-") + suffix
			continue
		}
		return p, err
	}
}

// maxSlugs bounds the names that are tried when nobody chose one.
const maxSlugs = 1000

func (s *Projects) create(ctx context.Context, by Caller, in *NewProject, w *workflow.Workflow) (*project.Project, error) {
	id, err := uuid.NewV7()
	if in.ID != uuid.Nil {
		id = in.ID
	}
	if err != nil {
		return nil, fault.Failed("no_random", "cannot make an id").
			WithHint("run it again, and `layercake doctor` if that does not help").Wrap(err)
	}
	cmd := &project.CreateProject{
		Slug: in.Slug, Name: in.Name, Description: in.Description, Type: in.Type, Preset: in.Preset, Tier: in.Tier,
		DeploymentMode: in.DeploymentMode, HasUI: in.HasUI, Level: in.Level, DocsDir: in.DocsDir, Workflow: w,
	}
	_, err = s.a.record(ctx, by, Write{
		Project: id, Command: cmd, Now: s.a.now(), Key: by.Key, Create: true,
		CorrelationID: by.Correlation, CausationID: by.Causation,
	})
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: id})
}

func (in *NewProject) defaults() {
	in.Name = strings.TrimSpace(in.Name)
	if in.Slug == "" {
		in.Slug = Slug(in.Name)
	}
	if in.Name == "" {
		in.Name = in.Slug
	}
	in.Type = orDefault(in.Type, workflow.TypeTraditional)
	in.Preset = orDefault(in.Preset, workflow.PresetFull)
	in.Tier = orDefault(in.Tier, workflow.TierStandard)
	in.DeploymentMode = orDefault(in.DeploymentMode, workflow.DeployUndetermined)
	in.Level = orDefault(in.Level, project.LevelTerminal)
	in.DocsDir = orDefault(strings.TrimSuffix(in.DocsDir, "/"), DefaultDocsDir)
}

func orDefault[T ~string](v, otherwise T) T {
	if v == "" {
		return otherwise
	}
	return v
}

// Get returns a project.
func (s *Projects) Get(ctx context.Context, v View) (*project.Project, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*project.Project, error) { return r.Project(ctx) })
}

// Find returns the project with a slug or an id.
func (s *Projects) Find(ctx context.Context, name string) (*project.Project, error) {
	if id, err := uuid.Parse(name); err == nil {
		return s.Get(ctx, View{Project: id})
	}
	return s.a.store.ProjectBySlug(ctx, name)
}

// List returns the projects by slug, with the archived ones if asked for.
func (s *Projects) List(ctx context.Context, archived bool) ([]project.Project, error) {
	return s.a.store.Projects(ctx, archived)
}

// change carries out a command and returns the project.
func (s *Projects) change(ctx context.Context, by Caller, p uuid.UUID, cmd project.Command) (*project.Project, error) {
	if _, err := s.a.write(ctx, by, p, cmd); err != nil {
		return nil, err
	}
	return s.Get(ctx, View{Project: p})
}

// Update changes facts about a project.
func (s *Projects) Update(ctx context.Context, by Caller, p uuid.UUID, in project.UpdateProject) (*project.Project, error) {
	return s.change(ctx, by, p, &in)
}

// Archive puts a project away, or takes it out again.
func (s *Projects) Archive(ctx context.Context, by Caller, p uuid.UUID, undo bool, reason string) (*project.Project, error) {
	return s.change(ctx, by, p, &project.ArchiveProject{Undo: undo, Reason: reason})
}

// Delete removes a project from every list; its log stays. slug repeats the
// project's slug, so that nobody deletes the wrong one.
func (s *Projects) Delete(ctx context.Context, by Caller, p uuid.UUID, slug, reason string) error {
	_, err := s.a.write(ctx, by, p, &project.DeleteProject{Presence: by.Presence, Slug: slug, Reason: reason})
	if err == nil {
		s.a.forgetSearch(ctx)
	}
	return err
}

// SetLevel changes how decisions are made; only a person can.
func (s *Projects) SetLevel(ctx context.Context, by Caller, p uuid.UUID, to project.Level, reason string) (*project.Project, error) {
	return s.change(ctx, by, p, &project.ChangeLevel{To: to, Presence: by.Presence, Reason: reason})
}

// Constraints lists what the project is bound to.
func (s *Projects) Constraints(ctx context.Context, v View) ([]project.Constraint, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Constraint, error) { return r.Constraints(ctx) })
}

// SetConstraint binds the project; an empty value lifts the constraint.
func (s *Projects) SetConstraint(ctx context.Context, by Caller, p uuid.UUID, key, value, reason string) error {
	_, err := s.a.write(ctx, by, p, &project.SetConstraint{Key: key, Value: value, Reason: reason})
	return err
}

// SetTeachingLevel says how much the output explains.
func (s *Projects) SetTeachingLevel(ctx context.Context, by Caller, p uuid.UUID, level string) (*project.Project, error) {
	return s.change(ctx, by, p, &project.SetTeachingLevel{Level: level})
}

// MovePhase moves a project forward where no gate stands in between, or to
// blocked and back.
func (s *Projects) MovePhase(ctx context.Context, by Caller, p uuid.UUID, to workflow.Phase, reason string) (*project.Project, error) {
	return s.change(ctx, by, p, &project.MovePhase{To: to, Reason: reason})
}

// ReopenPhase goes back to an earlier phase; only a person can.
func (s *Projects) ReopenPhase(ctx context.Context, by Caller, p uuid.UUID, to workflow.Phase, reason string) (*project.Project, error) {
	return s.change(ctx, by, p, &project.ReopenPhase{To: to, Presence: by.Presence, Reason: reason})
}
