package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdGate(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "gate",
		Aliases: []string{"gates"},
		Short:   "See, present and decide on gates",
		Long: `See, present and decide on gates. A gate is a decision that a person takes on
evidence before the next phase begins; see "layercake help gates".`,
		Example: "  layercake gate check G1\n  layercake gate present G1",
	}, newCmdGateList(f), newCmdGateShow(f), newCmdGateCheck(f), newCmdGatePresent(f), newCmdGateApprove(f), newCmdGateReject(f),
		newCmdGateSkip(f), newCmdGateReopen(f), newCmdGateCondition(f), newCmdGateFeedback(f))
}

func gateStatus(g *project.Gate) styled {
	text := strings.ReplaceAll(string(g.Status), "_", " ")
	switch g.Status {
	case project.GateApproved:
		switch {
		case g.Forced:
			return red.of("approved by force")
		case g.Conditional:
			return yellow.of("approved, with conditions")
		}
		return green.of(text)
	case project.GateInReview:
		return cyan.of(text)
	case project.GateRejected:
		return red.of(text)
	case project.GateSkipped:
		return yellow.of(text)
	case project.GateNotApplicable:
		return dim.of(text)
	case project.GatePending:
	}
	return plain.of(text)
}

func newCmdGateList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the gates in order",
		Long:    "List the gates in order, now or at an earlier moment.",
		Example: "  layercake gate list\n  layercake gate list --json=id,status",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Gate{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		gates, err := s.Gates.List(ctx, core.View{Project: s.at.Project, At: at})
		if err != nil {
			return err
		}
		return out.show(gates, func(p *printer) {
			t := newTable(col("GATE"), col("STATUS"), col("PHASE").ifRoom(), col("TITLE").flex(), col("DECIDED").ifRoom(), col("BY").flex().ifRoom())
			for i := range gates {
				g := &gates[i]
				t.add(bold.of(g.ID), gateStatus(g), g.Phase, g.Title, g.DecidedAt, g.DecidedBy)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdGateShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show GATE",
		Short:             "Show one gate with its evidence and its brief",
		Long:              "Show one gate: what it asks, what it requires, what there is, and the brief that a person decides on.",
		Example:           "  layercake gate show G1",
		Args:              exactly("GATE"),
		ValidArgsFunction: f.completed(completeGates),
	}
	out := addOutput(cmd, f, core.GateView{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		g, err := s.Gates.Get(ctx, v, args[0])
		if err != nil {
			return err
		}
		if v.At.IsNow() {
			if g.Drift, err = s.Gates.Drift(ctx, s.at, g.ID); err != nil {
				return err
			}
		}
		return out.show(g, func(p *printer) {
			printGate(p, g)
			printDrift(p, g.Drift)
		})
	})
	return cmd
}

func printGate(p *printer, g *core.GateView) {
	p.line("%s %s", bold.of(g.ID), g.Title)
	p.field("status", gateStatus(&g.Gate))
	p.field("phase", g.Phase)
	p.field("question", g.Question)
	p.field("roles", g.Roles)
	p.field("candidate", g.Commit)
	p.field("presented by", g.PresentedBy)
	p.field("presented", g.PresentedAt)
	p.field("decided by", g.DecidedBy)
	p.field("decided", g.DecidedAt)
	p.field("level", g.Level)
	p.field("signed by", g.Signer)
	if g.RequestedAt != nil {
		p.field("asked for", "somebody said yes in "+g.RequestedThrough+", which does not approve; a person decides")
	}
	p.field("note", g.Note)
	if len(g.Required) > 0 {
		p.blank()
		p.line("%s", bold.of("Proofs"))
		for i := range g.Required {
			want := &g.Required[i]
			p.line("  %s (%s)  %s", want.Type, want.Grade, latest(g.Proofs, want.Type))
		}
	}
	if len(g.Deliverables) > 0 {
		p.blank()
		p.line("%s", bold.of("Deliverables"))
		for i := range g.Deliverables {
			d := &g.Deliverables[i]
			p.line("  %s  %s  %s", d.ID, deliverableStatus(d.Status), d.Path)
		}
	}
	if len(g.Conditions) > 0 {
		p.blank()
		p.line("%s", bold.of("Conditions"))
		for i := range g.Conditions {
			c := &g.Conditions[i]
			p.line("  %s  %s  %s (of %s, blocks %s)", conditionID(c.ID), c.Status, c.Text, c.Gate, c.Blocks)
		}
	}
	if g.Brief != "" {
		p.blank()
		p.line("%s", bold.of("Brief"))
		p.text("  ", g.Brief)
	}
}

// latest describes the newest proof of a type that still counts for something.
func latest(proofs []project.Proof, proofType string) styled {
	var newest *project.Proof
	for i := range proofs {
		p := &proofs[i]
		if p.Type != proofType || p.Invalidated != "" {
			continue
		}
		if newest == nil || p.Version > newest.Version {
			newest = p
		}
	}
	if newest == nil {
		return dim.of("missing")
	}
	return styled{proofStyle(newest), fmt.Sprintf("%s %s, %s: %s", proofID(newest.ID), newest.Result, newest.Grade, newest.Summary)}
}

func newCmdGateCheck(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [GATE]",
		Short: "Say whether a gate could be approved now",
		Long: `Say whether a gate could be approved now, and if not, everything that stands
against it. Without a gate it is the next one. Exit code 0 if nothing does, 4
otherwise. Evidence is hashed and files are compared; nothing is written.`,
		Example:           "  layercake gate check\n  layercake gate check G5 --json",
		Args:              between(0, "GATE"),
		ValidArgsFunction: f.completed(completeGates),
	}
	out := addOutput(cmd, f, core.Readiness{})
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		gate, err := s.gateOrNext(ctx, args)
		if err != nil {
			return err
		}
		r, err := s.Gates.Check(ctx, s.at, gate)
		if err != nil {
			return err
		}
		err = out.show(r, func(p *printer) {
			if r.Ready {
				p.line("%s nothing stands against gate %s", green.of("✓"), r.Gate)
			} else {
				p.line("%s gate %s stays shut", red.of("✗"), r.Gate)
				printReasonList(p, r.Reasons)
			}
			printDrift(p, r.Drift)
		})
		if err == nil && !r.Ready {
			return exitError(fault.KindNotAllowed.ExitCode())
		}
		return err
	})
	return cmd
}

// gateOrNext returns the gate that was named, or the next one.
func (s *session) gateOrNext(ctx context.Context, args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	gates, err := s.Gates.List(ctx, s.view())
	if err != nil {
		return "", err
	}
	for i := range gates {
		if !gates[i].Status.Passed() {
			return gates[i].ID, nil
		}
	}
	return "", fault.NotFound("no_gate", "every gate is passed").WithHint("run `layercake gate list`")
}

func newCmdGatePresent(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "present [GATE]",
		Short: "Put a gate before a person",
		Long: `Put a gate before a person: the commit that is decided on is fixed, and a brief
is written. Agents can do this. Without a gate it is the next one.`,
		Example:           "  layercake gate present G1",
		Args:              between(0, "GATE"),
		ValidArgsFunction: f.completed(completeGates),
	}
	out := addOutput(cmd, f, core.GateView{})
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		gate, err := s.gateOrNext(ctx, args)
		if err != nil {
			return err
		}
		g, err := s.Gates.Present(ctx, s.by(ctx), s.at, gate)
		if err != nil {
			return err
		}
		return out.written(g.ID, g, func(p *printer) {
			p.text("", g.Brief)
			p.blank()
			p.line("%s gate %s waits for a person", green.of("✓"), g.ID)
		})
	})
	return cmd
}
