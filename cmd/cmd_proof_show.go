package cmd

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdProofList(f *Factory) *cobra.Command {
	var gate, proofType string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List proofs",
		Long:    "List proofs, oldest first.",
		Example: "  layercake proof list --gate G5\n  layercake proof list --json=id,gate,type,result,grade",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Proof{})
	when := addMoment(cmd)
	cmd.Flags().StringVar(&gate, "gate", "", "only those of this `GATE`")
	cmd.Flags().StringVar(&proofType, "type", "", "only those of this type")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Proofs.List(ctx, core.View{Project: s.at.Project, At: at}, gate, proofType)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("GATE"), col("TYPE"), col("RESULT"), col("GRADE").ifRoom(), col("SUMMARY").flex(), col("MADE").ifRoom())
			for i := range list {
				k := &list[i]
				result := k.Result
				if k.Invalidated != "" {
					result = "invalid"
				}
				t.add(bold.of(proofID(k.ID)), k.Gate, k.Type, styled{proofStyle(k), result}, k.Grade, k.Summary, k.CreatedAt)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdProofShow(f *Factory) *cobra.Command {
	var content bool
	cmd := &cobra.Command{
		Use:               "show PROOF",
		Short:             "Show one proof",
		Long:              "Show one proof, or with --content the evidence itself.",
		Example:           "  layercake proof show p-7k3f\n  layercake proof show p-7k3f --content",
		Args:              exactly("PROOF"),
		ValidArgsFunction: f.completed(completeProofs),
	}
	out := addOutput(cmd, f, project.Proof{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&content, "content", false, "print the evidence itself")
	exclusive(cmd, "content", flagJSON, flagJQ, flagTemplate)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		proof, err := s.Proofs.Get(ctx, v, args[0])
		if err != nil {
			return err
		}
		if content {
			return f.printContent(ctx, s, proof)
		}
		return out.show(proof, func(p *printer) { printProof(p, proof) })
	})
	return cmd
}

// printContent writes the evidence: as it is for programs, and made inert for
// terminals.
func (f *Factory) printContent(ctx context.Context, s *session, proof *project.Proof) error {
	r, err := s.Proofs.Content(ctx, proof)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // read only
	if !f.IO.OutTTY {
		_, err := io.Copy(f.out(), r)
		return err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return f.emit(func(p *printer) { p.text("", string(text)) })
}

func printProof(p *printer, proof *project.Proof) {
	printOutcome(p, proof)
	p.field("invalid", proof.Invalidated)
	p.field("command", strings.Join(proof.Command, " "))
	if len(proof.Command) > 0 {
		p.field("exit code", proof.ExitCode)
		p.field("took", (time.Duration(proof.DurationMS) * time.Millisecond).String())
	}
	p.field("parser", proof.Parser)
	p.field("statement", proof.Statement)
	p.field("observed by", proof.ObservedBy)
	p.field("level", proof.Level)
	p.field("commit", proof.Commit)
	p.field("tree", proof.Tree)
	p.field("paths", proof.Paths)
	p.field("sha256", proof.SHA256)
	p.field("size", fmt.Sprintf("%d bytes", proof.Size))
	p.field("made", proof.CreatedAt)
}

func newCmdProofVerify(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify PROOF",
		Short: "Hash the evidence of a proof again",
		Long: `Hash the evidence of a proof again and compare it with what was recorded. Evidence
that was changed or lost makes the proof invalid. Exit code 1 if it is not whole.`,
		Example:           "  layercake proof verify p-7k3f",
		Args:              exactly("PROOF"),
		ValidArgsFunction: f.completed(completeProofs),
	}
	out := addOutput(cmd, f, core.Verification{})
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		v, err := s.Proofs.Verify(ctx, s.by(ctx), s.at.Project, args[0])
		if err != nil {
			return err
		}
		err = out.show(v, func(p *printer) {
			if v.OK {
				p.line("%s %s is what was recorded", green.of("✓"), proofID(v.ID))
				return
			}
			p.line("%s %s: %s", red.of("✗"), proofID(v.ID), v.Problem)
		})
		if err == nil && !v.OK {
			return exitError(1)
		}
		return err
	})
	return cmd
}

func newCmdProofInvalidate(f *Factory) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "invalidate PROOF",
		Short:             "Declare a proof worthless",
		Long:              "Declare a proof worthless, with a reason. It stays in the log.",
		Example:           "  layercake proof invalidate p-7k3f --reason \"the fixtures were wrong\"",
		Args:              exactly("PROOF"),
		ValidArgsFunction: f.completed(completeProofs),
	}
	out := addOutput(cmd, f, project.Proof{})
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if reason == "" {
			return fault.Usage("missing_flag", "%s needs --reason", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		proof, err := s.Proofs.Invalidate(ctx, s.by(ctx), s.at.Project, args[0], reason)
		if err != nil {
			return err
		}
		return out.written(proofID(proof.ID), proof, func(p *printer) { p.line("%s is invalid: %s", bold.of(proofID(proof.ID)), proof.Invalidated) })
	})
	return cmd
}
