package cmd

import (
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/jobs"
)

// agentSettings are the settings about agents and the queues that they work in.
type agentSettings struct {
	AgentsProvider      string  `mapstructure:"agents.provider"`       //nolint:tagliatelle // a group, and a setting in it
	AgentsModelFast     string  `mapstructure:"agents.model_fast"`     //nolint:tagliatelle // likewise
	AgentsModelBalanced string  `mapstructure:"agents.model_balanced"` //nolint:tagliatelle // likewise
	AgentsModelPowerful string  `mapstructure:"agents.model_powerful"` //nolint:tagliatelle // likewise
	AgentsBaseURL       string  `mapstructure:"agents.base_url"`       //nolint:tagliatelle // likewise
	AgentsKeyEnv        string  `mapstructure:"agents.key_env"`        //nolint:tagliatelle // likewise
	AgentsAPI           string  `mapstructure:"agents.api"`            //nolint:tagliatelle // likewise
	AgentsCommand       string  `mapstructure:"agents.command"`        //nolint:tagliatelle // likewise
	AgentsKeepEnv       string  `mapstructure:"agents.keep_env"`       //nolint:tagliatelle // likewise
	AgentsIsolation     string  `mapstructure:"agents.isolation"`      //nolint:tagliatelle // likewise
	AgentsMaxCost       float64 `mapstructure:"agents.max_cost"`       //nolint:tagliatelle // likewise
	AgentsMaxTurns      int     `mapstructure:"agents.max_turns"`      //nolint:tagliatelle // likewise

	QueuesCritical int `mapstructure:"queues.critical"` //nolint:tagliatelle // likewise
	QueuesHigh     int `mapstructure:"queues.high"`     //nolint:tagliatelle // likewise
	QueuesMedium   int `mapstructure:"queues.medium"`   //nolint:tagliatelle // likewise
	QueuesLow      int `mapstructure:"queues.low"`      //nolint:tagliatelle // likewise
}

// The keys of the settings about agents.
const (
	keyAgentsProvider      = "agents.provider"
	keyAgentsModelFast     = "agents.model_fast"
	keyAgentsModelBalanced = "agents.model_balanced"
	keyAgentsModelPowerful = "agents.model_powerful"
	keyAgentsBaseURL       = "agents.base_url"
	keyAgentsKeyEnv        = "agents.key_env"
	keyAgentsAPI           = "agents.api"
	keyAgentsCommand       = "agents.command"
	keyAgentsKeepEnv       = "agents.keep_env"
	keyAgentsIsolation     = "agents.isolation"
	keyAgentsMaxCost       = "agents.max_cost"
	keyAgentsMaxTurns      = "agents.max_turns"
	keyQueues              = "queues."
)

// agentsTable lists them. Who is asked, and which program runs, is for a person to
// say.
func agentsTable() []setting {
	table := []setting{
		{keyAgentsProvider, "who does the work of agents: anthropic, openai, claude-code, codex, gemini, opencode or command", "", true, checkAny},
		{keyAgentsModelFast, "the model for roles of tier 1; without it the provider's usual one", "", true, checkAny},
		{keyAgentsModelBalanced, "the model for roles of tier 2", "", true, checkAny},
		{keyAgentsModelPowerful, "the model for roles of tier 3", "", true, checkAny},
		{keyAgentsBaseURL, "the address of the provider's API, such as http://localhost:11434/v1", "", true, checkAny},
		{keyAgentsKeyEnv, "the environment variable that holds the provider's key", "", true, checkVariable},
		{keyAgentsAPI, "the form of an OpenAI-compatible API: responses or chat; without it what is usual for the server", "", true, checkAPI},
		{keyAgentsCommand, "the program that works as an agent, with arguments; the prompt comes on its standard input", "", true, checkAny},
		{keyAgentsKeepEnv, "environment variables that programs get although they look like secrets, with commas between", "", true, checkAny},
		{keyAgentsIsolation, "where agents change files: worktree (a branch of their own) or none (the project's folder)", "worktree", true, checkIsolation},
		{keyAgentsMaxCost, "how many US dollars a run may cost that has no limit of its own; 0 is no limit", "5", true, checkCost},
		{keyAgentsMaxTurns, "how often a model is asked in one run; 0 is the usual", "0", true, checkNumber},
	}
	for _, q := range queueNames() {
		table = append(table, setting{
			keyQueues + q, "how many runs of queue " + q + " a worker does at a time", strconv.Itoa(jobs.DefaultWorkers()[q]), true, checkNumber,
		})
	}
	return table
}

func queueNames() []string { return []string{"critical", "high", "medium", "low"} }

// queues are the workers of each queue.
func (s *settings) queues() map[string]int {
	return map[string]int{"critical": s.QueuesCritical, "high": s.QueuesHigh, "medium": s.QueuesMedium, "low": s.QueuesLow}
}

// modelOf is the model for a tier of roles; empty is the provider's usual one.
func (s *settings) modelOf(tier int) string {
	models := []string{s.AgentsModelFast, s.AgentsModelBalanced, s.AgentsModelPowerful}
	if tier < 1 || tier > len(models) {
		return ""
	}
	return models[tier-1]
}

func checkAPI(value string) error {
	if value != "" && value != "responses" && value != "chat" {
		return errors.New("it should be responses or chat")
	}
	return nil
}

func checkIsolation(value string) error {
	if !slices.Contains(core.Isolations(), value) {
		return errors.New("it should be " + strings.Join(core.Isolations(), " or "))
	}
	return nil
}

func checkNumber(value string) error {
	const most = 1000
	if n, err := strconv.Atoi(value); err != nil || n < 0 || n > most {
		return errors.New("it should be a number from 0 to 1000")
	}
	return nil
}

// worktrees is the folder of the work trees of agents.
func (f *Factory) worktrees() (string, error) {
	dir, err := f.dataDir()
	return filepath.Join(dir, "worktrees"), err
}
