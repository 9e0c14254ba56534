package cmd

import (
	"context"
	"sync"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/cluster"
	"github.com/layercake-dev/layercake/markdown"
	"github.com/layercake-dev/layercake/mcp"
)

// door opens the project for tools, again and again for as long as a server
// lives: the database may be down at first, or be stopped in between.
type door struct {
	f  *Factory
	mu sync.Mutex
	s  *session
	// checked is when the private database was last seen.
	checked time.Time
	// news says that the project changed since the markdown was written.
	news chan struct{}
	// run is the run of an agent as whose agent the tools are called, and root the folder
	// that it works in; both may be empty.
	run, root string
	// newsMu guards closed: a tool may end after the door was closed.
	newsMu sync.Mutex
	closed bool
	done   chan struct{}
}

// recheckAfter is for how long a database that answered is taken to be there.
const recheckAfter = time.Second

func newDoor(f *Factory) *door {
	return &door{f: f, news: make(chan struct{}, 1), done: make(chan struct{})}
}

// env is what tools work with.
func (d *door) env() mcp.Env {
	return mcp.Env{Open: d.open, Discreet: d.f.discreet, Published: d.published, Render: renderAll, Files: doorFiles{d}, Queues: doorQueues{d.f}}
}

// open returns LayerCake on the project at hand.
func (d *door) open(ctx context.Context) (*core.App, core.Place, core.Caller, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.s != nil && d.f.process.Now().Sub(d.checked) > recheckAfter {
		if err := d.recheck(ctx); err != nil {
			return nil, core.Place{}, core.Caller{}, known(err)
		}
		d.checked = d.f.process.Now()
	}
	if d.s == nil {
		s, err := d.f.session(ctx)
		if err != nil {
			d.f.forget() // what was missing may be there the next time
			return nil, core.Place{}, core.Caller{}, known(err)
		}
		d.s, d.checked = s, d.f.process.Now()
	}
	at := d.s.at
	if d.root != "" {
		at.Root = d.root
	}
	if d.run == "" {
		return d.s.App, at, d.s.by(ctx), nil
	}
	by, err := d.agent(ctx)
	return d.s.App, at, by, err
}

// agent returns who works on the run, for as long as it is worked on: a program that
// was left behind has no more to say.
func (d *door) agent(ctx context.Context) (core.Caller, error) {
	r, err := d.s.Agents.Get(ctx, d.s.at.Project, d.run)
	if err != nil {
		return core.Caller{}, known(err)
	}
	if r.Status != project.RunRunning {
		return core.Caller{}, fault.NotAllowed("run_over", "run %s is %s; nothing is done in its name any more", project.RunID(r.ID), r.Status).
			WithHint("stop here; `layercake agent status %s` shows what became of it", project.RunID(r.ID))
	}
	return core.Caller{Actor: core.AgentActor(r.Role, r.ID, r.CreatedBy)}, nil
}

// recheck starts the private database again if it was stopped.
func (d *door) recheck(ctx context.Context) error {
	c, err := d.f.config()
	if err != nil || c.DatabaseURL != "" {
		return err
	}
	cfg, err := d.f.clusterConfig()
	if err != nil {
		return err
	}
	info, err := cluster.Ensure(ctx, cfg)
	if err == nil && info.ConnString != d.f.url {
		d.s = nil
		d.f.forget()
	}
	return err
}

// published notes that the markdown files are out of date.
func (d *door) published(context.Context) {
	d.newsMu.Lock()
	defer d.newsMu.Unlock()
	if d.closed || d.root != "" {
		return // the next command writes the files; in a work tree they would be taken for the agent's
	}
	select {
	case d.news <- struct{}{}:
	default: // noted already
	}
}

// render writes the markdown files whenever there is news, so that tools need
// not wait for it. It returns after close.
func (d *door) render(ctx context.Context) {
	defer close(d.done)
	for range d.news {
		d.mu.Lock()
		s := d.s
		d.mu.Unlock()
		if s != nil {
			s.publish(ctx)
		}
	}
}

// close writes what is still to be written.
func (d *door) close() {
	d.newsMu.Lock()
	d.closed = true
	close(d.news)
	d.newsMu.Unlock()
	<-d.done
}

// renderAll renders a state as files by name.
func renderAll(s *core.Snapshot) (map[string][]byte, error) {
	files, err := markdown.Render(s)
	if err != nil {
		return nil, err
	}
	byName := make(map[string][]byte, len(files))
	for _, f := range files {
		byName[f.Name] = f.Content
	}
	return byName, nil
}
