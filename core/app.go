// Package core is LayerCake as a library: every door — the command line, the
// dashboard, the MCP server, the workers — goes through an [App].
package core

//go:generate go run ./internal/reference ..

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/proof"
	"github.com/layercake-dev/layercake/core/redact"
	"github.com/layercake-dev/layercake/core/search"
)

// App is LayerCake over one database.
type App struct {
	store     Store
	artifacts artifact.Store
	now       func() time.Time
	random    io.Reader
	environ   []string
	cleaner   cleaner
	commits   *proof.Commits
	agents    *AgentSetup

	// Projects creates and changes projects and their phases.
	Projects *Projects
	// Gates presents gates and records what people decide.
	Gates *Gates
	// Proofs captures, attests and checks evidence.
	Proofs *Proofs
	// Tasks plans work and keeps track of it.
	Tasks *Tasks
	// Deliverables keeps what gates ask for besides proofs.
	Deliverables *Deliverables
	// Documents keeps versions of documents.
	Documents *Documents
	// Records keeps decisions, memories, notes, questions, risks, blockers and
	// change requests.
	Records *Records
	// Log reads and checks the event log.
	Log *Log
	// History looks through what happened, and takes changes back.
	History *History
	// Checkpoints records the files as they are, and brings them back.
	Checkpoints *Checkpoints
	// Repository looks at the project's git repository.
	Repository *Repository
	// WorkFiles reads and changes the files in the project's folder.
	WorkFiles *WorkFiles
	// Workflows shows and accepts changes to the workflow.
	Workflows *Workflows
	// Signers keeps the keys whose signatures count.
	Signers *Signers
	// Redactions takes secrets out of the log.
	Redactions *Redactions
	// Anchors has people sign where logs end.
	Anchors *Anchors
	Sync    *Sync
	// Roles keeps what agents are asked to be.
	Roles *Roles
	// Briefing puts together what an agent is told.
	Briefing *Briefings
	// Search finds code in the project's folder. See [Place.InSearch].
	Search *search.Service
	// Agents hands work to agents, and keeps track of it.
	Agents *Agents
	// Costs keeps track of what agents spend, and limits it.
	Costs *Costs
	// Orchestrator has agents do what the next gate needs.
	Orchestrator *Orchestrator
}

// Config is what an [App] is made of.
type Config struct {
	// Store keeps the log. Required.
	Store Store
	// Artifacts keeps evidence and documents. Required.
	Artifacts artifact.Store
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Random is where ids come from. Defaults to crypto/rand.
	Random io.Reader
	// Environ is the environment ("NAME=value") that captured commands get, and
	// whose secrets are kept out of evidence. Defaults to none.
	Environ []string
	// Secrets are further settings ("NAME=value") whose secrets are kept out of
	// everything, such as the URL of the database.
	Secrets []string
	// Agents is how this process does what agents are asked to do. Defaults to not at
	// all; they can be asked nevertheless.
	Agents *AgentSetup
	// Provider says who is asked what code means. Defaults to nobody.
	Provider search.Provider
}

// New returns an App over a store.
func New(c Config) *App {
	a := &App{store: c.Store, artifacts: c.Artifacts, now: c.Now, random: c.Random, environ: c.Environ, commits: &proof.Commits{}}
	a.cleaner = cleaner{redact.New(append(slices.Clone(c.Environ), c.Secrets...))}
	if a.now == nil {
		a.now = time.Now
	}
	if a.random == nil {
		a.random = rand.Reader
	}
	a.agents, a.Agents, a.Costs = c.Agents, &Agents{a}, &Costs{a}
	a.Orchestrator = &Orchestrator{a}
	a.Projects = &Projects{a}
	a.Gates = &Gates{a}
	a.Proofs = &Proofs{a}
	a.Tasks = &Tasks{a}
	a.Deliverables = &Deliverables{a}
	a.Documents = &Documents{a}
	a.Records = &Records{a}
	a.Log = &Log{a}
	a.History = &History{a}
	a.Checkpoints = &Checkpoints{a}
	a.Repository = &Repository{a}
	a.WorkFiles = &WorkFiles{a}
	a.Workflows = &Workflows{a}
	a.Signers = &Signers{a}
	a.Redactions = &Redactions{a}
	a.Anchors = &Anchors{a}
	a.Sync = &Sync{a}
	a.Roles = NewRoles(c.Environ)
	a.Briefing = &Briefings{a}
	a.Search = search.New(search.Config{Store: c.Store.Search(), Now: a.now, Provider: c.Provider})
	return a
}

// Caller is on whose behalf something is done.
type Caller struct {
	Actor project.Actor
	// Presence is how a person showed that it is them; only decisions of
	// people look at it.
	Presence project.Presence
	// Sign makes the person's signature under the statement of a decision, or
	// is nil when they do not sign. It may ask them for a passphrase or a touch.
	Sign func(ctx context.Context, statement []byte) (armored []byte, err error)
	// Cleaned is told where secrets were taken out of what was to be recorded,
	// such as "title". Optional.
	Cleaned func(fields []string)
	// Key makes one write idempotent, when the caller may have to repeat it.
	Key string
	// Correlation ties together what one request causes; zero makes a new one.
	Correlation uuid.UUID
	// Causation is what led to the request, if anything did.
	Causation uuid.UUID
}

// Place is where work happens: a project and the folder that it lives in.
type Place struct {
	Project uuid.UUID
	// Root is the absolute path of the project's folder; empty when there is
	// none on this machine.
	Root string
}

// idAttempts bounds the tries to find an id that is not taken. One in a
// million tasks meets a taken id once.
const idAttempts = 4

// newID returns a random id of [project.IDLength] characters.
func (a *App) newID() (string, error) {
	b := make([]byte, project.IDLength)
	if _, err := io.ReadFull(a.random, b); err != nil {
		return "", fmt.Errorf("make an id: %w", err)
	}
	for i := range b {
		b[i] = project.IDAlphabet[int(b[i])%len(project.IDAlphabet)]
	}
	return string(b), nil
}

// ErrTaken is what a [Store] returns, wrapped, when a new record's id exists.
var ErrTaken = errors.New("the id is taken")

// write carries out a command.
func (a *App) write(ctx context.Context, by Caller, id uuid.UUID, cmd project.Command) (Receipt, error) {
	if d, ok := cmd.(project.Signable); ok && by.Sign != nil {
		if err := a.sign(ctx, by, id, d); err != nil {
			return Receipt{}, err
		}
	}
	if by.Correlation == uuid.Nil {
		by.Correlation = uuid.New()
	}
	return a.record(ctx, by, Write{
		Project: id, Command: cmd, Now: a.now(), Key: by.Key,
		CorrelationID: by.Correlation, CausationID: by.Causation,
	})
}

// record carries out a write without its secrets. Everything that gets into a
// log comes through here, but for what takes texts out of it.
func (a *App) record(ctx context.Context, by Caller, w Write) (Receipt, error) {
	var found []string
	w.Actor = a.cleaner.actor(by.Actor)
	w.Command = a.cleaner.command(w.Command, &found)
	receipt, err := a.store.Write(ctx, w)
	if err == nil && len(found) > 0 && by.Cleaned != nil {
		by.Cleaned(found)
	}
	return receipt, err
}

// writeNew carries out a command that makes a record with a new id, trying
// another id when one is taken. It returns the id.
func (a *App) writeNew(ctx context.Context, by Caller, p uuid.UUID, build func(id string) project.Command) (string, error) {
	for attempt := 1; ; attempt++ {
		id, err := a.newID()
		if err != nil {
			return "", err
		}
		receipt, err := a.write(ctx, by, p, build(id))
		switch {
		case errors.Is(err, ErrTaken) && attempt < idAttempts:
			continue
		case err != nil:
			return "", err
		case receipt.Repeated:
			return createdID(receipt, id), nil
		}
		return id, nil
	}
}

// resolve turns what a person typed into a stored id.
func resolve(ctx context.Context, r Reader, kind Kind, typed string) (string, error) {
	prefix, err := project.ParseID(kind.Prefix(), typed)
	if err != nil {
		return "", fault.From(err).WithHint("run `%s` to see the ids", listCommand(kind))
	}
	const most = 6
	ids, err := r.IDs(ctx, kind, prefix, most)
	if err != nil {
		return "", err
	}
	switch len(ids) {
	case 0:
		e := fault.NotFound(string(kind)+"_not_found", "there is no %s %s%s", kind, kind.Prefix(), prefix).
			WithHint("run `%s`", listCommand(kind))
		near, err := nearID(ctx, r, kind, prefix)
		if err != nil {
			return "", err
		}
		if near != "" {
			e = e.WithHint("did you mean %s%s? `%s` shows them all", kind.Prefix(), near, listCommand(kind))
		}
		return "", e
	case 1:
		return ids[0], nil
	}
	for i := range ids {
		ids[i] = kind.Prefix() + ids[i]
	}
	return "", fault.Usage("ambiguous_id", "%s%s is the beginning of several: %s", kind.Prefix(), prefix, joinFew(ids)).
		WithHint("type one more character")
}

// nearID returns the beginning of an id that differs from what was typed in one
// character, or in two neighbours that changed places, or "".
func nearID(ctx context.Context, r Reader, kind Kind, typed string) (string, error) {
	const most = 10_000 // looking through more takes longer than typing it again
	ids, err := r.IDs(ctx, kind, "", most)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		if len(id) >= len(typed) && oneSlip(typed, id[:len(typed)]) {
			return id[:len(typed)], nil
		}
	}
	return "", nil
}

// oneSlip reports whether two words of one length differ in one character, or in
// two neighbours that changed places.
func oneSlip(a, b string) bool {
	var at []int
	for i := range len(a) {
		if a[i] != b[i] {
			at = append(at, i)
		}
	}
	switch len(at) {
	case 1:
		return true
	case 2:
		i, j := at[0], at[1]
		return j == i+1 && a[i] == b[j] && a[j] == b[i]
	}
	return false
}

// listCommand is the command that lists records of a kind.
func listCommand(kind Kind) string {
	switch kind {
	case KindCondition:
		return "layercake gate condition list"
	case KindFeedback:
		return "layercake gate feedback list"
	case KindConflict:
		return "layercake sync status"
	case KindRun:
		return "layercake agent runs"
	case KindTask, KindDecision, KindMemory, KindNote, KindProof, KindQuestion, KindRisk, KindBlocker, KindHandoff:
	}
	return "layercake " + string(kind) + " list"
}

// find resolves an id in a read of its own.
func (a *App) find(ctx context.Context, p uuid.UUID, kind Kind, typed string) (string, error) {
	var id string
	err := a.store.Read(ctx, View{Project: p}, func(ctx context.Context, r Reader) error {
		var err error
		id, err = resolve(ctx, r, kind, typed)
		return err
	})
	return id, err
}

// DatabaseID names the database.
func (a *App) DatabaseID(ctx context.Context) (uuid.UUID, error) { return a.store.DatabaseID(ctx) }

// Now returns the time by the App's clock.
func (a *App) Now() time.Time { return a.now() }
