package cmd

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/redact"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster"
	"github.com/layercake-dev/layercake/jobs"
)

// globalFlags are the flags that every command takes.
type globalFlags struct {
	project  string
	quiet    bool
	noColor  bool
	noRender bool
}

// The names of the global flags.
const (
	flagProject  = "project"
	flagQuiet    = "quiet"
	flagNoColor  = "no-color"
	flagNoRender = "no-render"
)

// Factory is what commands ask for what they need. Everything is looked up when
// it is first asked for, so that a command pays only for what it uses.
type Factory struct {
	IO    *Streams
	Build Build

	process Process
	env     environment
	flags   globalFlags
	// outputs are the forms in which commands answer.
	outputs map[*cobra.Command]*output

	config func() (*settings, error)
	place  func() (*place, error)

	// held is an answer that waits for what comes after the change, and holding
	// says that answers wait. committed is what the answer then tells of git.
	holding   bool
	held      []func() error
	committed *committed

	// checkouts are further folders of projects, whose runs a worker does. conns is
	// how many connections to open at most; 0 is enough for a command.
	checkouts []string
	conns     int32

	// named is the URL of the database that was asked for last, hiddenURL the
	// one that the redactor knows. Tools run side by side, hence the lock.
	discretion       sync.Mutex
	named, hiddenURL string
	redactor         *redact.Redactor
	url              string
	database         *db.DB
	app              *core.App
}

func newFactory(p Process) *Factory {
	env := newEnvironment(p.Environ)
	f := &Factory{IO: newStreams(p, env), Build: p.Build, process: p, env: env, outputs: map[*cobra.Command]*output{}}
	if slices.Contains(p.Args, "--"+flagNoColor) {
		// Also for errors that come before flags are parsed.
		f.IO.Color, f.IO.ErrColor = false, false
	}
	f.forget()
	return f
}

// forget lets go of everything that was looked up.
func (f *Factory) forget() {
	f.reread()
	f.close()
	f.database, f.app = nil, nil
}

// reread lets go of what the files say, and keeps the database.
func (f *Factory) reread() {
	f.place = sync.OnceValues(func() (*place, error) { return findPlace(f.process.Dir) })
	f.config = sync.OnceValues(f.loadConfig)
}

// close lets go of the database.
func (f *Factory) close() {
	if f.database != nil {
		f.database.Close()
	}
}

// printer returns a printer for the standard output.
func (f *Factory) printer() *printer {
	return &printer{tty: f.IO.OutTTY, width: f.IO.Width, color: f.IO.Color, now: f.process.Now()}
}

// errPrinter returns a printer for the error stream.
func (f *Factory) errPrinter() *printer {
	return &printer{tty: f.IO.ErrTTY, width: f.IO.ErrWidth, color: f.IO.ErrColor, now: f.process.Now()}
}

// emit writes what fn prints to the standard output, at once.
func (f *Factory) emit(fn func(p *printer)) error {
	p := f.printer()
	fn(p)
	return f.write(p.buf.Bytes())
}

// later gives an answer, or keeps it until [Factory.release].
func (f *Factory) later(answer func() error) error {
	if !f.holding {
		return answer()
	}
	f.held = append(f.held, answer)
	return nil
}

// release gives the answers that were kept.
func (f *Factory) release() error {
	held := f.held
	f.holding, f.held = false, nil
	for _, answer := range held {
		if err := answer(); err != nil {
			return err
		}
	}
	return nil
}

func (f *Factory) write(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	if _, err := f.out().Write(text); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// envDatabaseURL is the variable that names the database.
const envDatabaseURL = envPrefix + "_DATABASE_URL"

// discreet returns a text without the secrets of the environment and of the
// configuration, and without what looks like one. It is for messages: what they
// quote may come from anywhere.
func (f *Factory) discreet(text string) string {
	f.discretion.Lock()
	defer f.discretion.Unlock()
	if f.redactor == nil || f.hiddenURL != f.named {
		env := f.env.list
		if f.named != "" {
			env = append(slices.Clone(env), envDatabaseURL+"="+f.named)
		}
		f.redactor, f.hiddenURL = redact.New(env), f.named
	}
	return f.redactor.String(text)
}

// cleaned says that secrets were taken out of what was recorded.
func (f *Factory) cleaned(fields []string) {
	f.warn("what looks like a secret was taken out of %s before it was recorded: look for [redacted:...]", strings.Join(fields, ", "))
}

// say writes a message for people to the error stream, unless --quiet or a
// program reads the answer.
func (f *Factory) say(format string, args ...any) {
	if f.flags.quiet || wantsJSON(f.process.Args) {
		return
	}
	p := f.errPrinter()
	p.line(format, args...)
	_, _ = f.IO.Err.Write(p.buf.Bytes()) // nothing can be said about it
}

// warn is [Factory.say] for what a person should not miss, so --quiet does not
// silence it.
func (f *Factory) warn(format string, args ...any) {
	p := f.errPrinter()
	var text bytes.Buffer
	text.WriteString(p.render(yellow.of("warning:")) + " ")
	p.line(format, args...)
	text.Write(p.buf.Bytes())
	_, _ = f.IO.Err.Write(text.Bytes()) // nothing can be said about it
}

// clusterConfig says where the private database is.
func (f *Factory) clusterConfig() (cluster.Config, error) {
	c, err := f.config()
	if err != nil {
		return cluster.Config{}, err
	}
	dir, err := f.dataDir()
	if err != nil {
		return cluster.Config{}, err
	}
	return cluster.Config{
		DataDir: dir, BinDir: c.PostgresBin, RuntimeDir: f.env.get("XDG_RUNTIME_DIR"), IdleTimeout: c.IdleTimeout,
	}, nil
}

// dataDir is where LayerCake keeps what is not in a project.
func (f *Factory) dataDir() (string, error) {
	c, err := f.config()
	if err != nil {
		return "", err
	}
	if c.DataDir != "" {
		return c.DataDir, nil
	}
	return cluster.DefaultDataDir(f.env.lookup, f.process.UID)
}

// target is the database that commands use.
type target struct {
	url string
	// private says that it is the cluster of this user, which migrates itself.
	private bool
	info    *cluster.Info
}

// databaseTarget returns the database to use, starting the private one when no
// other is named.
func (f *Factory) databaseTarget(ctx context.Context) (target, error) {
	c, err := f.config()
	if err != nil {
		return target{}, err
	}
	if c.DatabaseURL != "" {
		f.discretion.Lock()
		f.named = c.DatabaseURL
		f.discretion.Unlock()
		return target{url: c.DatabaseURL}, nil
	}
	cfg, err := f.clusterConfig()
	if err != nil {
		return target{}, err
	}
	info, err := cluster.Ensure(ctx, cfg)
	if err != nil {
		return target{}, err
	}
	return target{url: info.ConnString, private: true, info: info}, nil
}

// App returns LayerCake over the database.
func (f *Factory) App(ctx context.Context) (*core.App, error) {
	if f.app != nil {
		return f.app, nil
	}
	t, err := f.databaseTarget(ctx)
	if err != nil {
		return nil, err
	}
	return f.open(ctx, t)
}

// open makes the App over a database.
func (f *Factory) open(ctx context.Context, t target) (*core.App, error) {
	var artifacts artifact.Store
	if dir, err := f.dataDir(); err != nil {
		artifacts = artifact.Nowhere{Err: known(err)} // for those who need it
	} else {
		artifacts = artifact.NewFS(filepath.Join(dir, "artifacts"), artifact.FSOptions{})
	}
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	database, err := db.Open(ctx, t.url, db.Options{Migrate: t.private, Jobs: &jobs.Queue{}, MaxConns: f.conns})
	if err != nil {
		return nil, err
	}
	f.url, f.database = t.url, database
	f.app = core.New(core.Config{
		Store: database, Artifacts: artifacts,
		Now: f.process.Now, Environ: f.env.list, Secrets: []string{envDatabaseURL + "=" + t.url}, Provider: f.provider(cfg),
		Agents: f.agents(cfg),
	})
	return f.app, nil
}
