package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

func newCmdGateApprove(f *Factory) *cobra.Command {
	var in core.Approval
	var conditions, blocks []string
	var force, yes, ci bool
	cmd := &cobra.Command{
		Use:   "approve [GATE]",
		Short: "Say yes to a gate, as a person at a terminal",
		Long: `Say yes to a gate that was presented. Everything is checked again at that moment.
A person types the word (approve, approved, yes or accept) at a terminal; an
agent cannot approve. Only in projects of level demo, which say so everywhere,
--yes stands in for the word, whoever gives it.

--condition approves on a condition, which keeps the gate that --blocks names
shut until a person says that it is met. --force approves against the reasons;
that is shown for ever after. --ci approves as a machine, with the key in
LAYERCAKE_SIGNING_KEY, which a person enrolled for this gate.`,
		Example: "  layercake gate approve G1\n" +
			"  layercake gate approve G3 --condition \"rate limits are specified\" --blocks G5",
		Args:              between(0, "GATE"),
		ValidArgsFunction: f.completed(completeGates),
	}
	out := addOutput(cmd, f, core.GateView{})
	flags := cmd.Flags()
	flags.StringVar(&in.Note, "note", "", "words to keep with the decision")
	flags.StringArrayVar(&conditions, "condition", nil, "something left to be done; can be repeated")
	flags.StringArrayVar(&blocks, "blocks", nil, "the `GATE` that the condition keeps shut; once for each, or once for all")
	addChoice(cmd, &in.Next, "next", "the phase that follows, where there is a choice", workflow.Phases())
	flags.BoolVar(&force, "force", false, "approve against the reasons; needs --reason")
	flags.StringVar(&in.ForceReason, "reason", "", "why it is forced")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	flags.BoolVar(&ci, "ci", false, "approve as the machine whose key LAYERCAKE_SIGNING_KEY names")
	exclusive(cmd, "ci", "yes", "force", "condition")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if force != (in.ForceReason != "") {
			return fault.Usage("missing_flag", "--force and --reason go together").WithHint("%s", usageHint(cmd))
		}
		var err error
		if in.Conditions, err = pairConditions(conditions, blocks); err != nil {
			return err
		}
		if in.Gate, err = s.gateOrNext(ctx, args); err != nil {
			return err
		}
		if err := s.worthAsking(ctx, in.Gate, force); err != nil {
			return err
		}
		if ci {
			by, err := s.asMachine(ctx)
			if err != nil {
				return err
			}
			return s.approve(ctx, by, in, out)
		}
		if err := s.showBrief(ctx, in.Gate, out); err != nil {
			return err
		}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to approve gate %s; anything else leaves it as it is.", "approve", in.Gate))
		if err != nil {
			return err
		}
		return s.approve(ctx, by, in, out)
	})
	return cmd
}

// approve approves a gate and says so.
func (s *session) approve(ctx context.Context, by core.Caller, in core.Approval, out *output) error {
	g, err := s.Gates.Approve(ctx, by, s.at, in)
	if err != nil {
		return err
	}
	return out.written(g.ID, g, func(p *printer) {
		p.line("%s gate %s is %s", green.of("✓"), g.ID, gateStatus(&g.Gate))
		if g.Signer != "" {
			p.line("signed by %s", g.Signer)
		}
	})
}

// worthAsking refuses before a person has read and typed what would be refused
// anyhow. The rules look again when the decision is taken.
func (s *session) worthAsking(ctx context.Context, gate string, force bool) error {
	if force || !s.f.IO.canAsk() {
		return nil
	}
	r, err := s.Gates.Check(ctx, s.at, gate)
	if err != nil || r.Ready {
		return err
	}
	return project.NotReady(r.Gate, r.Reasons)
}

// pairConditions gives each condition the gate that it blocks.
func pairConditions(texts, blocks []string) ([]core.NewCondition, error) {
	if len(blocks) != len(texts) && (len(blocks) != 1 || len(texts) == 0) && len(texts)+len(blocks) > 0 {
		return nil, fault.Usage("missing_flag", "each --condition needs a --blocks GATE").WithHint("run `layercake gate approve --help`")
	}
	var list []core.NewCondition
	for i, text := range texts {
		list = append(list, core.NewCondition{Text: text, Blocks: blocks[min(i, len(blocks)-1)]})
	}
	return list, nil
}

// showBrief shows a person what they decide on, before they are asked.
func (s *session) showBrief(ctx context.Context, gate string, out *output) error {
	if !s.f.IO.canAsk() || out.structured() || s.f.flags.quiet {
		return nil
	}
	g, err := s.Gates.Get(ctx, s.view(), gate)
	if err != nil {
		return err
	}
	return s.f.emit(func(p *printer) {
		if g.Brief != "" {
			p.text("", g.Brief)
			p.blank()
		}
	})
}

func newCmdGateReject(f *Factory) *cobra.Command {
	var feedback, role string
	var yes bool
	cmd := &cobra.Command{
		Use:               "reject GATE",
		Short:             "Say no to a gate, and what has to change",
		Long:              "Say no to a gate. The feedback opens a change request, which is tracked until it is resolved.",
		Example:           "  layercake gate reject G2 --feedback \"the PRD says nothing about deletion\"",
		Args:              exactly("GATE"),
		ValidArgsFunction: f.completed(completeGates),
	}
	out := addOutput(cmd, f, core.GateView{})
	cmd.Flags().StringVar(&feedback, "feedback", "", "what has to change (required)")
	cmd.Flags().StringVar(&role, "role", "", "the role that it goes back to; by default the gate's own")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if feedback == "" {
			return fault.Usage("missing_flag", "%s needs --feedback", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to reject gate %s.", "reject", args[0]))
		if err != nil {
			return err
		}
		if err := refused(s, by, "reject"); err != nil {
			return err
		}
		g, err := s.Gates.Reject(ctx, by, s.at.Project, args[0], feedback, role)
		if err != nil {
			return err
		}
		return out.written(g.ID, g, func(p *printer) { p.line("%s gate %s is %s", green.of("✓"), g.ID, gateStatus(&g.Gate)) })
	})
	return cmd
}

// refused tells whether a person who was asked for a word typed another one.
func refused(s *session, by core.Caller, word string) error {
	typed := strings.ToLower(by.Presence.Word)
	if s.f.IO.canAsk() && by.Actor.IsPerson() && typed != word && typed != yesWord {
		return fault.New(fault.KindInterrupted, "declined", "nothing was changed").
			WithHint("run it again and type %q to do it", word)
	}
	return nil
}

// gateDecision is a decision of a person on a gate that takes a reason.
type gateDecision struct {
	name, short, long string
	do                func(ctx context.Context, s *session, by core.Caller, gate, reason string) (*core.GateView, error)
}

func newCmdGateSkip(f *Factory) *cobra.Command {
	return newCmdGateDecision(f, gateDecision{
		name: "skip", short: "Leave a gate out",
		long: "Leave a gate out. Only a person can, with a reason that is shown for ever after.",
		do: func(ctx context.Context, s *session, by core.Caller, gate, reason string) (*core.GateView, error) {
			return s.Gates.Skip(ctx, by, s.at.Project, gate, reason)
		},
	})
}

func newCmdGateReopen(f *Factory) *cobra.Command {
	return withForetoldReopening(f, newCmdGateDecision(f, gateDecision{
		name: "reopen", short: "Send a gate back to pending",
		long: "Send a gate back to pending, and with it every later one. Its evidence is stale from then on.",
		do: func(ctx context.Context, s *session, by core.Caller, gate, reason string) (*core.GateView, error) {
			return s.Gates.Reopen(ctx, by, s.at.Project, gate, reason)
		},
	}))
}

func newCmdGateDecision(f *Factory, d gateDecision) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:               d.name + " GATE",
		Short:             d.short,
		Long:              d.long,
		Example:           "  layercake gate " + d.name + " G4 --reason \"the design was bought\"",
		Args:              exactly("GATE"),
		ValidArgsFunction: f.completed(completeGates),
	}
	out := addOutput(cmd, f, core.GateView{})
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if reason == "" {
			return fault.Usage("missing_flag", "%s needs --reason", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to %s gate %s.", d.name, d.name, args[0]))
		if err != nil {
			return err
		}
		if err := refused(s, by, d.name); err != nil {
			return err
		}
		g, err := d.do(ctx, s, by, args[0], reason)
		if err != nil {
			return err
		}
		return out.written(g.ID, g, func(p *printer) { p.line("%s gate %s is %s", green.of("✓"), g.ID, gateStatus(&g.Gate)) })
	})
	return cmd
}
