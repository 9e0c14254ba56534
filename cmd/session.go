package cmd

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

const envProject = "LAYERCAKE_PROJECT"

// session is what a command about one project works with.
type session struct {
	*core.App

	f    *Factory
	at   core.Place
	slug string
	who  *core.Caller
	// opened is when the session was.
	opened time.Time
	// guest says that the project is at home in another database: the one in use
	// has it from its files.
	guest bool
}

// by says who gives the command. Only changes ask for it.
func (s *session) by(ctx context.Context) core.Caller {
	if s.who == nil {
		who := s.f.caller(ctx)
		s.who = &who
	}
	return *s.who
}

// view is the project as it is now.
func (s *session) view() core.View { return core.View{Project: s.at.Project} }

// session opens the project that the command is about.
func (f *Factory) session(ctx context.Context) (*session, error) {
	here, err := f.place()
	if err != nil {
		return nil, err
	}
	name := f.flags.project
	if name == "" {
		name = f.env.get(envProject)
	}
	if name == "" && here.root == "" {
		return nil, f.noProject(here)
	}
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{App: app, f: f, opened: f.process.Now()}
	if name == "" || name == here.project.Slug || name == here.project.ID.String() {
		if here.root != "" {
			s.at, s.slug = core.Place{Project: here.project.ID, Root: here.root}, here.project.Slug
			if err := s.atHome(ctx, here); err != nil {
				return nil, err
			}
			return s, nil
		}
	}
	p, err := app.Projects.Find(ctx, name)
	if err != nil {
		return nil, err
	}
	s.at, s.slug = core.Place{Project: p.ID}, p.Slug
	if p.ID == here.project.ID {
		s.at.Root = here.root
	}
	return s, nil
}

// noProject says how to get to a project.
func (*Factory) noProject(here *place) error {
	e := fault.NotFound("no_project", "there is no LayerCake project in %s or above it", here.dir)
	if here.gitRoot == "" {
		return e.WithHint("run `layercake init` in a git repository, or name a project: `layercake project list`")
	}
	return e.WithHint("run `layercake init` in %s, or name a project: `layercake project list`", here.gitRoot)
}

// atHome refuses a project whose home is another database than this one: its id
// would not be found, or worse, be somebody's copy.
func (s *session) atHome(ctx context.Context, here *place) error {
	id, err := s.DatabaseID(ctx)
	if err != nil {
		return err
	}
	if here.project.Database == uuid.Nil || here.project.Database == id {
		return nil
	}
	if _, err := s.Projects.Get(ctx, s.view()); err == nil {
		s.guest = true
		return nil
	} else if fault.From(err).Kind != fault.KindNotFound {
		return err
	}
	return fault.Conflict("project_elsewhere", "project %s lives in another database than the one in use (%s, not %s)",
		here.project.Slug, here.project.Database, id).
		WithHint("name its database in LAYERCAKE_DATABASE_URL, or take part with this one by the files alone: `layercake init --join`")
}

// project returns the project's record.
func (s *session) project(ctx context.Context) (*project.Project, error) {
	return s.Projects.Get(ctx, s.view())
}
