package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
	"github.com/layercake-dev/layercake/jobs"
)

// workerEnv makes the test's program a worker on the database and the folder that it
// names, until it is killed.
const workerEnv = "LAYERCAKE_TEST_WORKER"

func TestMain(m *testing.M) {
	if where := os.Getenv(workerEnv); where != "" {
		url, root, _ := strings.Cut(where, "|")
		if err := beWorker(url, root); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(clustertest.Main(m))
}

// actor is a program that does what its prompt says, and leaves a line in a file for
// each time that it began and ended.
type actor struct{ dir string }

func (actor) Name() string { return "actor" }

func (a actor) note(text string) {
	f, err := os.OpenFile(filepath.Join(a.dir, "notes"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	_, _ = fmt.Fprintln(f, text)
}

func (a actor) Run(ctx context.Context, job agent.Job, on func(agent.Delta)) (*agent.Outcome, error) {
	run := job.Facts["LAYERCAKE_RUN"]
	a.note("began " + run)
	if strings.Contains(job.Prompt, "the model is ill") {
		a.note("was told that the model is ill")
	}
	on(agent.Delta{Kind: agent.DeltaText, Text: "I am at it. "})
	wanted := asked(job.Prompt)
	out := &agent.Outcome{Text: "It is done.", Stop: agent.StopEnd, Usage: agent.Usage{Input: 10, Output: 5}}
	switch {
	case strings.Contains(wanted, "cannot be merged into today's state"):
		if err := a.resolve(ctx, job); err != nil {
			return out, &agent.Error{Kind: agent.KindProgram, Message: err.Error(), Err: err}
		}
	case strings.Contains(wanted, "half done"):
		out.Text, out.Stop = "I gave up here.", agent.StopTurns
	case strings.Contains(wanted, "costs 300"):
		const price = 300
		if job.MaxCostMicros < price {
			return out, &agent.Error{Kind: agent.KindBudget, Message: "it costs more than it may"}
		}
		out.Usage.CostMicros, out.Usage.CostKnown = price, true
	case strings.Contains(wanted, "meet"):
		a.note("met")
		for count(a.noted(), "met") < 2 {
			select {
			case <-ctx.Done():
				return out, agent.ContextError(ctx)
			case <-time.After(5 * time.Millisecond):
			}
		}
	case slices.Contains(strings.Fields(wanted), "hang"):
		<-ctx.Done()
		a.note("stopped " + run)
		return out, agent.ContextError(ctx)
	case strings.Contains(wanted, "fail once") && job.Facts["LAYERCAKE_ATTEMPT"] == "1", strings.Contains(wanted, "fail always"):
		return out, &agent.Error{Kind: agent.KindServer, Message: "the model is ill"}
	case strings.Contains(wanted, "no key"):
		return out, &agent.Error{Kind: agent.KindAuth, Message: "the key is wrong"}
	case strings.Contains(wanted, "hold until"):
		for {
			if _, err := os.Stat(filepath.Join(a.dir, "go")); err == nil {
				break
			}
			select {
			case <-ctx.Done():
				a.note("stopped " + run)
				return out, agent.ContextError(ctx)
			case <-time.After(5 * time.Millisecond):
			}
		}
	case strings.Contains(wanted, "write"):
		if err := os.WriteFile(filepath.Join(job.Dir, run+".txt"), []byte("by "+run+"\n"), 0o600); err != nil {
			return out, &agent.Error{Kind: agent.KindProgram, Message: err.Error(), Err: err}
		}
	}
	if err := a.edit(job); err != nil {
		return out, &agent.Error{Kind: agent.KindProgram, Message: err.Error(), Err: err}
	}
	a.note("ended " + run)
	return out, nil
}

// asked is what the task and the person say, of all that an agent is told.
func asked(prompt string) string {
	var text strings.Builder
	for _, part := range []string{"task", "instructions"} {
		_, rest, _ := strings.Cut(prompt, ` part="`+part+`">`)
		inside, _, _ := strings.Cut(rest, "</data-")
		text.WriteString(inside)
	}
	return text.String()
}

// bundle is a project with a queue.
type bundle struct {
	url   string
	db    *db.DB
	app   *core.App
	place core.Place
	dir   string
	ada   core.Caller
}

func open(ctx context.Context, url, dir, root string, conns int32) (*db.DB, *core.App, error) {
	store, err := db.Open(ctx, url, db.Options{MaxConns: conns, Migrate: true, Jobs: &jobs.Queue{}})
	if err != nil {
		return nil, nil, err
	}
	app := core.New(core.Config{
		Store: store, Artifacts: artifact.NewFS(filepath.Join(dir, "artifacts"), artifact.FSOptions{}),
		Environ: os.Environ(),
		Agents: &core.AgentSetup{
			Engine: func(_ context.Context, _, model string, _ int) (*core.Engine, error) {
				return &core.Engine{Provider: "actor", Model: model, Program: actor{dir}}, nil
			},
			Place: func(_ context.Context, p uuid.UUID) (core.Place, bool) {
				return core.Place{Project: p, Root: root}, true
			},
			Isolation: core.IsolationWorktree, Worktrees: filepath.Join(dir, "worktrees"),
		},
	})
	return store, app, nil
}

const conns = 16

func setup(t testing.TB) *bundle {
	t.Helper()
	url := clustertest.Clone(t, "layercake", func(ctx context.Context, url string) error {
		d, err := db.Open(ctx, url, db.Options{Migrate: true})
		if err == nil {
			d.Close()
		}
		return err
	})
	b := &bundle{url: url, dir: t.TempDir()}
	root := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=ada", "-c", "user.email=ada@example.org", "commit", "-q", "--allow-empty", "-m", "begin"}} {
		out, err := exec.CommandContext(t.Context(), "git", append([]string{"-C", root}, args...)...).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	var err error
	b.db, b.app, err = open(t.Context(), url, b.dir, root, conns)
	require.NoError(t, err)
	t.Cleanup(b.db.Close)
	b.ada = core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}, Presence: project.Presence{Terminal: true, Word: "approve"}}
	p, err := b.app.Projects.Create(t.Context(), b.ada, core.NewProject{Name: "Cake", Level: "demo"})
	require.NoError(t, err)
	b.place = core.Place{Project: p.ID, Root: root}
	return b
}

// beWorker works the queues until it is killed.
func beWorker(url, root string) error {
	ctx := context.Background()
	store, app, err := open(ctx, url, os.Getenv("LAYERCAKE_TEST_DIR"), root, conns)
	if err != nil {
		return err
	}
	if _, err := jobs.Start(ctx, jobs.Config{DB: store, Runner: app.Agents}); err != nil {
		return err
	}
	select {}
}

// spawn starts a worker in a process of its own, and returns a function that kills it.
func (b *bundle) spawn(t testing.TB) (kill func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+b.url+"|"+b.place.Root, "LAYERCAKE_TEST_DIR="+b.dir)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	var once sync.Once
	kill = func() {
		once.Do(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
	}
	t.Cleanup(kill)
	return kill
}

// work starts a worker in this process.
func (b *bundle) work(t testing.TB) *jobs.Worker {
	t.Helper()
	return b.workQueues(t, nil)
}

// workQueues starts one that does as many runs of each queue at a time.
func (b *bundle) workQueues(t testing.TB, queues map[string]int) *jobs.Worker {
	t.Helper()
	w, err := jobs.Start(t.Context(), jobs.Config{DB: b.db, Runner: b.app.Agents, Queues: queues, Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = w.Stop(ctx)
	})
	return w
}

// run queues a run of a role.
func (b *bundle) run(t testing.TB, in core.NewRun) *project.Run {
	t.Helper()
	if in.Role == "" {
		in.Role = "backend-developer"
	}
	r, err := b.app.Agents.Run(t.Context(), b.ada, b.place, in)
	require.NoError(t, err)
	return r
}

// wait waits until a run is in a state.
func (b *bundle) wait(t testing.TB, id string, until func(*project.Run) bool) *project.Run {
	t.Helper()
	const limit = 20 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	for {
		r, err := b.app.Agents.Get(ctx, b.place.Project, id)
		require.NoError(t, err, "the last state is not known")
		if until(r) {
			return r
		}
		select {
		case <-ctx.Done():
			require.Fail(t, "it did not come", "run %+v", r)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func is(s project.RunStatus) func(*project.Run) bool {
	return func(r *project.Run) bool { return r.Status == s }
}

// notes returns what the actors noted.
func (b *bundle) notes(t testing.TB) []string {
	t.Helper()
	return actor{b.dir}.noted()
}

func (a actor) noted() []string {
	text, err := os.ReadFile(filepath.Join(a.dir, "notes"))
	if os.IsNotExist(err) {
		return nil
	}
	return strings.Split(strings.TrimSpace(must(text, err)), "\n")
}

// job returns the state of a run's job.
func (b *bundle) job(t testing.TB, run string) (state, queue string, attempt int) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), b.url)
	require.NoError(t, err)
	defer pool.Close()
	err = pool.QueryRow(t.Context(), `SELECT j.state::text, j.queue, j.attempt FROM river.river_job j JOIN layercake.run_jobs r ON r.job_id = j.id
		WHERE r.run_id = $1`, run).Scan(&state, &queue, &attempt)
	require.NoError(t, err)
	return state, queue, attempt
}
