package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/project"
)

// attempt is one attempt at a run, by this process.
type attempt struct {
	a      *App
	setup  *AgentSetup
	at     Place
	run    *project.Run
	role   *role.Role
	engine *Engine
	brief  *Brief
	// by is the worker, who records what happens; agent is who does the work.
	by, agent Caller
	ref       RunRef
	live      *live
	began     time.Time
	// tree is the work tree of the agent, or nil.
	tree *git.Worktree
}

// Brief is what an agent is given to read.
type Brief struct {
	System, Prompt string
	// Digest is the SHA-256 of both, in hexadecimal.
	Digest string
}

// AgentActor is who an agent of a role is in the log, at work on a run.
func AgentActor(roleID, run, onBehalfOf string) project.Actor {
	return project.Actor{Kind: project.ActorAgent, Name: agentClient + "/" + roleID, OnBehalfOf: onBehalfOf, Session: run}
}

// agentClient is the client as which agents act that LayerCake runs.
const agentClient = "layercake"

// Work makes an attempt at a run and records what came of it. It returns nil when
// the run is over, or was given to another worker; [ErrHeld] when it has to wait;
// [ErrElsewhere] when this machine has no folder of the project; the context's error
// when it was interrupted; and any other error for an attempt that failed, is
// recorded, and is to be tried again.
func (s *Agents) Work(ctx context.Context, p uuid.UUID, id, worker string) error {
	run, err := s.byID(ctx, p, id)
	var coded *fault.Error
	switch {
	case errors.As(err, &coded) && coded.Kind == fault.KindNotFound:
		return nil // the project was deleted
	case err != nil:
		return err
	case !run.Status.Open():
		return nil
	}
	setup := s.a.agents
	if setup == nil || setup.Place == nil {
		return ErrElsewhere
	}
	at, ok := setup.Place(ctx, p)
	if !ok {
		return ErrElsewhere
	}
	w := &attempt{a: s.a, setup: setup, at: at, run: run, began: s.a.now()}
	w.by = Caller{Actor: project.Actor{Kind: project.ActorSystem, Name: "worker"}, Correlation: uuid.New()}
	w.agent = Caller{Actor: AgentActor(run.Role, run.ID, run.CreatedBy), Correlation: w.by.Correlation}
	// What cannot be prepared fails the attempt that then begins.
	unprepared := w.prepare(ctx)
	if err := w.start(ctx, worker); err != nil || !w.mine() {
		return err
	}
	w.live = newLive(ctx, s.a, w.ref)
	defer w.live.close()
	if unprepared != nil {
		return w.failed(ctx, &agent.Outcome{}, unprepared)
	}
	out, err := w.do(ctx)
	if err == nil {
		err = w.completed(ctx, out)
	}
	if err != nil {
		return w.failed(ctx, out, err)
	}
	return nil
}

// prepare finds the role, who does the work, and what it is given to read.
func (w *attempt) prepare(ctx context.Context) error {
	var err error
	if w.role, err = w.a.role(ctx, w.at, w.run.Role); err != nil {
		return err
	}
	w.engine, err = w.setup.Engine(ctx, w.run.AskedProvider, w.run.AskedModel, w.role.Tier)
	if err != nil {
		return err
	}
	w.brief, err = w.a.brief(ctx, w.at, w.role, w.run)
	return err
}

// start begins the attempt in the log.
func (w *attempt) start(ctx context.Context, worker string) error {
	const spare = 5 * time.Minute // for what comes after the work
	cmd := &project.StartRun{ID: w.run.ID, Task: w.run.Task, Worker: worker, Agent: w.agent.Actor.String(), Lease: spare}
	if w.role != nil {
		cmd.Lease += w.role.Time
		cmd.RoleDigest = fmt.Sprintf("%x", w.role.Digest)
	}
	if w.engine != nil {
		cmd.Provider, cmd.Model = w.engine.Provider, w.engine.Model
	}
	if w.brief != nil {
		cmd.ContextDigest = w.brief.Digest
	}
	_, err := w.a.write(ctx, w.by, w.at.Project, cmd)
	var coded *fault.Error
	switch {
	case errors.As(err, &coded) && coded.Code == project.CodeHeld:
		return ErrHeld
	case errors.As(err, &coded) && coded.Code == project.CodeSuperseded:
		w.run.Status = project.RunCancelled
		return nil
	case err != nil:
		return err
	}
	if w.run, err = w.a.Agents.byID(ctx, w.at.Project, w.run.ID); err != nil {
		return err
	}
	w.ref = RunRef{
		Project: w.at.Project, Run: w.run.ID, Attempt: w.run.Attempt, Role: w.run.Role, Task: w.run.Task, Gate: w.run.Gate,
		MaxCostMicros: w.run.MaxCostMicros,
	}
	if w.ref.MaxCostMicros == 0 {
		w.ref.MaxCostMicros = w.setup.MaxCostMicros
	}
	return nil
}

// mine reports whether the attempt is under way.
func (w *attempt) mine() bool { return w.run.Status == project.RunRunning }

// errTime is the cause with which an attempt ends that takes too long.
var errTime = errors.New("it took longer than its role may")

// do does the work, in a work tree of its own where that is asked for.
func (w *attempt) do(ctx context.Context) (*agent.Outcome, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, w.role.Time, errTime)
	defer cancel()
	if err := w.isolate(ctx); err != nil {
		return &agent.Outcome{}, err
	}
	books := &ledger{a: w.a, by: w.by, ref: w.ref, provider: w.engine.Provider, model: w.engine.Model}
	place := w.at
	if w.tree != nil {
		place.Root = w.tree.Dir
	}
	if w.engine.Program != nil {
		return w.program(ctx, place, books)
	}
	return w.model(ctx, place, books)
}

// isolate opens a work tree for the agent, where the project's folder is a
// repository with a commit.
func (w *attempt) isolate(ctx context.Context) error {
	if w.setup.Isolation == IsolationNone {
		return nil
	}
	repo, err := git.OpenWith(ctx, w.at.Root, w.a.environ)
	if err != nil {
		return nil //nolint:nilerr // no repository: it works in the folder
	}
	if _, err := repo.Commit(ctx, "HEAD"); err != nil {
		return nil //nolint:nilerr // no commit to begin at
	}
	name := project.RunID(w.run.ID)
	dir := filepath.Join(w.setup.Worktrees, w.at.Project.String(), name)
	if w.tree, err = repo.OpenWorktree(ctx, dir, git.BranchPrefix+name); err != nil {
		return err
	}
	w.live.note("it works on branch " + w.tree.Branch)
	return nil
}

// program has a program do it all.
func (w *attempt) program(ctx context.Context, place Place, books *ledger) (*agent.Outcome, error) {
	job := agent.Job{
		Dir: place.Root, Env: w.a.environ, System: w.brief.System, Prompt: w.brief.Prompt, Model: w.engine.Model,
		Effort: w.engine.Effort, MaxTurns: w.setup.MaxTurns, Time: w.role.Time,
		Facts: map[string]string{
			"LAYERCAKE_RUN": project.RunID(w.run.ID), "LAYERCAKE_ROLE": w.run.Role, "LAYERCAKE_ATTEMPT": strconv.Itoa(w.run.Attempt),
			"LAYERCAKE_PROJECT_ID": w.at.Project.String(),
		},
	}
	if w.run.Task != "" {
		job.Facts["LAYERCAKE_TASK"] = project.TaskID(w.run.Task)
	}
	if w.run.Gate != "" {
		job.Facts["LAYERCAKE_GATE"] = w.run.Gate
	}
	if w.setup.Serve != nil {
		path, remove, err := w.setup.Serve(ctx, place, w.role, w.agent)
		if err != nil {
			return &agent.Outcome{}, err
		}
		defer remove()
		job.MCPConfig = path
	}
	if w.ref.MaxCostMicros > 0 {
		job.MaxCostMicros = w.ref.MaxCostMicros
	}
	return agent.RunProgram(ctx, w.engine.Program, job, books, w.live.delta)
}

// model has a model do it, turn by turn. What an earlier attempt completed is not
// done again.
func (w *attempt) model(ctx context.Context, place Place, books *ledger) (*agent.Outcome, error) {
	spec := agent.Spec{
		Model: w.engine.LLM, ModelName: w.engine.Model, System: w.brief.System, Prompt: w.brief.Prompt, Effort: w.engine.Effort,
		Conversation: project.RunID(w.run.ID), Limits: agent.Limits{Turns: w.setup.MaxTurns}, Ledger: books, Price: w.engine.Price,
		Live: w.live.delta, Redact: w.a.cleaner.redactor,
	}
	kept, err := w.a.store.Runs().Turns(ctx, w.at.Project, w.run.ID)
	if err != nil {
		return &agent.Outcome{}, err
	}
	for i := range kept {
		var t agent.Turn
		if err := json.Unmarshal(kept[i].Content, &t); err != nil {
			return &agent.Outcome{}, fmt.Errorf("read turn %d of an earlier attempt: %w", kept[i].Turn, err)
		}
		spec.Turns = append(spec.Turns, t)
	}
	spec.Record = func(ctx context.Context, t agent.Turn) error {
		content, err := json.Marshal(t)
		if err != nil {
			return fmt.Errorf("encode a turn: %w", err)
		}
		return w.a.store.Runs().PutTurn(ctx, w.ref, t.Number, []byte(w.a.cleaner.redactor.String(string(content))))
	}
	if w.setup.Tools != nil {
		box, err := w.setup.Tools(ctx, place, w.role, w.agent)
		if err != nil {
			return &agent.Outcome{}, err
		}
		defer box.Close()
		spec.Tools, spec.Call = box.Tools(), box.Call
	}
	return agent.Run(ctx, spec)
}

// completed keeps what came of the work, and records it.
func (w *attempt) completed(ctx context.Context, out *agent.Outcome) error {
	cmd := &project.CompleteRun{
		ID: w.run.ID, Attempt: w.run.Attempt, Task: w.run.Task, Summary: summary(out), ToolCalls: out.ToolCalls, Files: out.Files,
		Usage: w.usage(ctx, out), Outcome: outcomeOf(out),
	}
	if w.tree != nil {
		message := w.message(cmd.Summary)
		var err error
		if cmd.Commit, cmd.Files, err = w.tree.Keep(ctx, w.role.Title, message); err != nil {
			return err
		}
		if cmd.Commit != "" {
			cmd.Branch = w.tree.Branch
		}
	}
	ref, err := w.a.artifacts.Put(ctx, strings.NewReader(w.a.cleaner.redactor.String(out.Text)))
	if err != nil {
		return err
	}
	cmd.Output = ref.SHA256
	if len(out.Handoffs) > 0 {
		if cmd.Handoff, err = w.handoff(&out.Handoffs[0]); err != nil {
			return err
		}
	}
	if _, err := w.a.write(ctx, w.by, w.at.Project, cmd); err != nil {
		return err
	}
	w.tidy(ctx)
	return nil
}

// tidy takes the work tree away; the branch holds what was done.
func (w *attempt) tidy(ctx context.Context) {
	if w.tree == nil {
		return
	}
	const limit = 10 * time.Second
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	_ = w.tree.Remove(ctx) // a folder that is left behind is in nobody's way
}

func (w *attempt) handoff(h *agent.Handoff) (*project.RecordHandoff, error) {
	id, err := w.a.newID()
	if err != nil {
		return nil, err
	}
	return &project.RecordHandoff{ID: id, To: h.To, Notes: strings.TrimSpace(h.Summary + "\n\n" + h.Details)}, nil
}

// message is that of the commit with the agent's work.
func (w *attempt) message(summary string) string {
	subject, _, _ := strings.Cut(strings.TrimSpace(summary), "\n")
	const most = 72
	if r := []rune(subject); len(r) > most {
		subject = string(r[:most-1]) + "…"
	}
	if subject == "" {
		subject = "Work of " + w.role.Title
	}
	text := subject + "\n\nLayerCake-Run: " + project.RunID(w.run.ID) + "\n"
	if w.run.Task != "" {
		text += "LayerCake-Task: " + project.TaskID(w.run.Task) + "\n"
	}
	return text
}

// summaryMost is how many bytes of what an agent says are in the log.
const summaryMost = 4000

func summary(out *agent.Outcome) string {
	text := out.Summary
	if text == "" {
		text = out.Text
	}
	text = strings.TrimSpace(text)
	if len(text) > summaryMost {
		text = strings.ToValidUTF8(text[:summaryMost], "") + " …"
	}
	return text
}

// outcomeOf says how far it came: what stopped at a limit is a part.
func outcomeOf(out *agent.Outcome) string {
	switch out.Stop {
	case agent.StopTurns, agent.StopTokens, agent.StopMaxTokens:
		return "partial"
	case agent.StopRefusal:
		return "failed"
	}
	return "complete"
}

// usage is what all attempts took. The books know; the outcome is what is known when
// they cannot be read.
func (w *attempt) usage(ctx context.Context, out *agent.Outcome) event.Usage {
	u, err := w.a.store.Runs().Totals(ctx, w.at.Project, w.run.ID)
	if err != nil {
		u = event.Usage{
			InputTokens: out.Usage.Input, OutputTokens: out.Usage.Output, CachedTokens: out.Usage.CacheRead,
			CacheWriteTokens: out.Usage.CacheWrite + out.Usage.CacheWrite1h, CostMicros: out.Usage.CostMicros, CostUnknown: !out.Usage.CostKnown,
		}
	}
	u.Provider, u.Model, u.DurationMS = w.run.Provider, w.run.Model, w.a.now().Sub(w.began).Milliseconds()
	return u
}
