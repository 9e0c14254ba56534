package core

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/role"
)

// AgentSetup is how this process does what agents are asked to do. A process that
// only asks needs none of it.
type AgentSetup struct {
	// Engine says who does the work. provider and model are what was asked for, and
	// may be empty; tier is the kind of model that the role needs.
	Engine func(ctx context.Context, provider, model string, tier int) (*Engine, error)
	// Tools are what a model may use while it is at it, called as the agent.
	Tools func(ctx context.Context, at Place, r *role.Role, by Caller) (Toolbox, error)
	// Serve returns the path of a file that tells a program how to reach the tools as
	// the agent, and a function that removes it.
	Serve func(ctx context.Context, at Place, r *role.Role, by Caller) (path string, remove func(), err error)
	// Place finds the folder of a project on this machine.
	Place func(ctx context.Context, p uuid.UUID) (Place, bool)
	// Isolation is where files are changed.
	Isolation Isolation
	// Worktrees is the folder that holds the work trees of agents.
	Worktrees string
	// MaxTurns bounds how often a model is asked in a run, and MaxCostMicros what a
	// run may cost that has no limit of its own; 0 is the default, and no limit.
	MaxTurns      int
	MaxCostMicros int64
}

// Engine is who does the work of a run: a model that LayerCake has work in a loop,
// or a program that does it all.
type Engine struct {
	Provider, Model string
	// LLM or Program is set.
	LLM     agent.Model
	Program agent.Program
	// Price knows what tokens cost. Optional.
	Price agent.Pricer
	// Effort is how hard the model is to think.
	Effort string
}

// Toolbox is what a model may use.
type Toolbox interface {
	Tools() []agent.Tool
	Call(ctx context.Context, name string, input json.RawMessage) (agent.Result, error)
	Close()
}

// Isolation is where an agent changes files.
type Isolation string

// The isolations.
const (
	// IsolationWorktree gives each run a work tree and a branch of its own.
	IsolationWorktree Isolation = "worktree"
	// IsolationNone has it work in the project's folder, as a person does.
	IsolationNone Isolation = "none"
)

// Isolations returns the isolations.
func Isolations() []string { return []string{string(IsolationWorktree), string(IsolationNone)} }

var (
	// ErrHeld says that a run has to wait.
	ErrHeld = errors.New("the run has to wait")
	// ErrElsewhere says that a run cannot be done on this machine.
	ErrElsewhere = errors.New("the run cannot be done on this machine")
)
