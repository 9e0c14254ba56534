package cmd

import (
	"context"
	"os"
	"strings"

	"github.com/google/uuid"
	"mvdan.cc/sh/v3/shell"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent"
	providers "github.com/layercake-dev/layercake/core/agent/provider"
	"github.com/layercake-dev/layercake/core/agent/role"
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
		Tools:         f.agentTools,
		Serve:         f.serveTools,
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
	if model == "" {
		model = usualModel(provider, tier)
	}
	argv, err := shell.Fields(cfg.AgentsCommand, f.env.get) // as a shell splits it
	if err != nil {
		return nil, fault.Usage("invalid_command", "agents.command cannot be read: %v", err).
			WithHint("see what it is: `layercake config get agents.command`")
	}
	keep, err := shell.Fields(strings.ReplaceAll(cfg.AgentsKeepEnv, ",", " "), nil)
	if err != nil {
		return nil, fault.Usage("invalid_keep_env", "agents.keep_env cannot be read: %v", err).
			WithHint("see what it is: `layercake config get agents.keep_env`")
	}
	worker, err := providers.New(providers.Config{
		Provider: provider, BaseURL: cfg.AgentsBaseURL, API: cfg.AgentsAPI, KeyEnv: cfg.AgentsKeyEnv, Getenv: f.env.get, Command: argv, KeepEnv: keep,
	})
	if err != nil {
		return nil, err
	}
	if worker.Model != nil && model == "" {
		return nil, fault.Usage("no_model", "no model is set for roles of tier %s", role.TierName(tier)).
			WithHint("set one: `layercake config set agents.model_%s NAME`", role.TierName(tier))
	}
	e := &core.Engine{Provider: provider, Model: model, LLM: worker.Model, Program: worker.Program}
	e.Price, _ = worker.Model.(agent.Pricer)
	return e, nil
}

// usualModel is the model of a provider for a tier of roles, as its makers place them
// (looked up in November 2026). A server of one's own has none that is usual.
func usualModel(provider string, tier int) string {
	models := map[string][]string{
		"anthropic": {"claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5"},
		"openai":    {"gpt-6-luna", "gpt-6.1-terra", "gpt-6.1-sol"},
	}[provider]
	if tier < 1 || tier > len(models) {
		return ""
	}
	return models[tier-1]
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
