package cmd

import (
	"context"
	"os"

	"github.com/google/uuid"
	"mvdan.cc/sh/v3/shell"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/provider/command"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/jobs"
)

// agents is how this process does what agents are asked to do.
func (f *Factory) agents(cfg *settings) *core.AgentSetup {
	const million = 1_000_000
	setup := &core.AgentSetup{
		Engine: func(_ context.Context, provider, model string, tier int) (*core.Engine, error) {
			return f.engine(cfg, provider, model, tier)
		},
		Place:         f.checkout,
		Isolation:     core.Isolation(cfg.AgentsIsolation),
		MaxTurns:      cfg.AgentsMaxTurns,
		MaxCostMicros: int64(cfg.AgentsMaxCost * million),
	}
	if dir, err := f.worktrees(); err == nil {
		setup.Worktrees = dir
	}
	return setup
}

// engine finds who does the work.
func (f *Factory) engine(cfg *settings, provider, model string, tier int) (*core.Engine, error) {
	if provider == "" {
		provider = cfg.AgentsProvider
	}
	if provider == "" {
		return nil, fault.Usage("no_provider", "nobody is set who does the work of agents").
			WithHint("choose one: `layercake config set agents.provider claude-code`, or a program of your own: see `layercake help agents`")
	}
	if model == "" {
		model = cfg.modelOf(tier)
	}
	if provider == command.Name {
		argv, err := shell.Fields(cfg.AgentsCommand, f.env.get) // as a shell splits it
		if err != nil || len(argv) == 0 {
			return nil, fault.Usage("no_command", "agents.command does not name a program: %q", cfg.AgentsCommand).
				WithHint("set it: `layercake config set agents.command \"./agent.sh\"`").Wrap(err)
		}
		return &core.Engine{Provider: provider, Model: model, Program: &command.Program{Argv: argv}}, nil
	}
	return nil, fault.Usage("unknown_provider", "there is no provider %q", provider).WithHint("run `layercake config list`")
}

// checkout finds the folder of a project on this machine: the one that the command
// was started in, or one of those that it was given.
func (f *Factory) checkout(_ context.Context, p uuid.UUID) (core.Place, bool) {
	for _, dir := range append([]string{f.process.Dir}, f.checkouts...) {
		here, err := findPlace(dir)
		if err == nil && here.root != "" && here.project.ID == p {
			return core.Place{Project: p, Root: here.root}, true
		}
	}
	return core.Place{}, false
}

// worker starts to work the queues in this process.
func (f *Factory) worker(ctx context.Context, s *session, queues map[string]int, pollOnly bool) (*jobs.Worker, error) {
	index := func(ctx context.Context) error { return s.refreshIndex(ctx) }
	return jobs.Start(ctx, jobs.Config{
		DB: f.database, Runner: s.Agents, Chores: jobs.Chores(f.database, s.App, index), Queues: queues, PollOnly: pollOnly,
		Program: "layercake " + f.Build.Version, Logger: f.workerLogger(),
	})
}

// host is the machine's name.
func host() string {
	name, err := os.Hostname()
	if err != nil {
		return "this machine"
	}
	return name
}
