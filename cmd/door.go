package cmd

import (
	"context"
	"sync"
	"time"

	"github.com/layercake-dev/layercake/core"
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
	return mcp.Env{Open: d.open, Discreet: d.f.discreet, Published: d.published, Render: renderAll, Files: doorFiles{d}}
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
	return d.s.App, d.s.at, d.s.by(ctx), nil
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
	if d.closed {
		return // the next command writes the files
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
