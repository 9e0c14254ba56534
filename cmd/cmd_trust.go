package cmd

import (
	"context"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// trustResult says what was looked at and what was accepted.
type trustResult struct {
	Workflow *core.Proposal `json:"workflow"`
	// Config is the project's configuration file when it holds what has to be
	// accepted, and ConfigAccepted whether it is.
	Config         string `json:"config"`
	ConfigAccepted bool   `json:"config_accepted"`
}

func newCmdTrust(f *Factory) *cobra.Command {
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Accept the repository's workflow and commands",
		Long: `Show what the repository proposes in .layercake/workflow.yaml and, when it names
databases or programs, in .layercake/config.yaml, and accept it. Only a person
can accept a workflow: the word is typed at a terminal; in projects of level
demo --yes stands in for it. A file that changes later has to be accepted again.`,
		Example: "  layercake trust --dry-run\n  layercake trust",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, trustResult{})
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "show what is proposed, and accept nothing")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, _ []string) error {
		result, err := s.trust(ctx, out, yes, dryRun)
		if err != nil {
			return err
		}
		return out.show(result, func(p *printer) {
			if dryRun || !out.f.IO.canAsk() {
				printProposal(p, result)
			}
			if result.Workflow.Accepted {
				p.line("%s the workflow in force is the one in the repository", green.of("✓"))
			}
			if result.ConfigAccepted {
				p.line("%s %s is accepted", green.of("✓"), result.Config)
			}
		})
	})
	return cmd
}

func (s *session) trust(ctx context.Context, out *output, yes, dryRun bool) (*trustResult, error) {
	proposal, err := s.Workflows.Review(ctx, s.at)
	if err != nil {
		return nil, err
	}
	result := &trustResult{Workflow: proposal}
	file, err := s.sensitiveConfig()
	if err != nil {
		return nil, err
	}
	if file != nil {
		result.Config, result.ConfigAccepted = file.path, s.f.trustsConfig(file)
	}
	if dryRun || (proposal.Accepted && result.ConfigAccepted == (file != nil)) {
		return result, nil
	}
	if s.f.IO.canAsk() && !out.structured() {
		if err := s.f.emit(func(p *printer) { printProposal(p, result) }); err != nil {
			return nil, err
		}
	}
	by, err := s.decide(ctx, yes, "Type \"trust\" to accept this.")
	if err != nil {
		return nil, err
	}
	if err := refused(s, by, "trust"); err != nil {
		return nil, err
	}
	if !proposal.Accepted {
		if result.Workflow, err = s.Workflows.Accept(ctx, by, s.at, proposal.Digest); err != nil {
			return nil, err
		}
	}
	if file != nil && !result.ConfigAccepted {
		if !by.Actor.IsPerson() || len(by.Presence.AgentSigns) > 0 {
			return nil, fault.NotAllowed("person_required", "only a person can accept %s", file.path).WithHint("a person runs `layercake trust`")
		}
		result.ConfigAccepted = true
		return result, s.f.trustConfig(file)
	}
	return result, nil
}

// sensitiveConfig returns the project's configuration file if it holds what a
// person has to accept.
func (s *session) sensitiveConfig() (*configFile, error) {
	here, err := s.f.place()
	if err != nil {
		return nil, err
	}
	file, err := readConfigFile(here.configPath())
	if err != nil {
		return nil, err
	}
	for _, key := range settingsTable() {
		if _, set := file.values[key.key]; set && key.sensitive {
			return file, nil
		}
	}
	return nil, nil //nolint:nilnil // there is nothing to accept
}

func printProposal(p *printer, r *trustResult) {
	w := r.Workflow
	if len(w.Changes) > 0 {
		p.line("%s would change the workflow:", bold.of(w.File))
		for _, change := range w.Changes {
			p.line("  %s %s", cyan.of("~"), change)
		}
	}
	if len(w.Weakens) > 0 {
		p.line("%s", red.of("This makes approval easier than the built-in workflow does:"))
		for _, weaker := range w.Weakens {
			p.line("  %s %s", red.of("!"), weaker)
		}
	}
	if r.Config != "" && !r.ConfigAccepted {
		file, err := readConfigFile(r.Config)
		if err != nil {
			return
		}
		p.line("%s would set:", bold.of(r.Config))
		for _, key := range slices.Sorted(maps.Keys(file.values)) {
			p.line("  %s = %v", key, file.values[key])
		}
	}
}
