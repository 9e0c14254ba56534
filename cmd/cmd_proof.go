package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdProof(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "proof",
		Aliases: []string{"proofs"},
		Short:   "Collect and check evidence for gates",
		Long: `Collect and check evidence for gates. Best is captured evidence: LayerCake runs
the command that the accepted workflow names and keeps what it shows. For some
things a person's word counts (attest). What is handed in (submit) is kept, but
opens no gate that asks for more.`,
		Example: "  layercake proof capture G5 test_output\n  layercake proof list --gate G5",
	}, newCmdProofCapture(f), newCmdProofAttest(f), newCmdProofSubmit(f), newCmdProofVerify(f), newCmdProofList(f), newCmdProofShow(f),
		newCmdProofInvalidate(f))
}

// The results of a proof that colours tell apart.
const (
	resultPass = "pass"
	resultFail = "fail"
)

func proofStyle(p *project.Proof) style {
	switch {
	case p.Invalidated != "":
		return dim
	case p.Result == resultPass:
		return green
	case p.Result == resultFail:
		return red
	}
	return yellow
}

func newCmdProofCapture(f *Factory) *cobra.Command {
	var in core.Capture
	var verbose, serve bool
	cmd := &cobra.Command{
		Use:   "capture GATE TYPE [-- COMMAND...]",
		Short: "Run a command and keep what it shows",
		Long: `Run a command in the project's folder and keep what it shows as evidence, with
its exit code, its report and the files that it ran on. Without a command it is
the one that the accepted workflow names; another one can be run, but opens no
gate that asks for captured evidence. Exit code 1 if the evidence does not pass.

With --serve the command is a server: it is started, must answer at the URL of
--ready, is asked for each --get, and stopped.`,
		Example: "  layercake proof capture G5 test_output\n" +
			"  layercake proof capture G5 test_output -- go test ./...\n" +
			"  layercake proof capture G8 smoke_test --serve --ready http://127.0.0.1:8080/ -- ./server",
		ValidArgsFunction: f.completed(completeGates, completeProofTypes),
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		named := args
		if dash := cmd.ArgsLenAtDash(); dash >= 0 {
			named = args[:dash]
		}
		const gateAndType = 2
		if len(named) > gateAndType {
			return fault.Usage("unexpected_argument", "%s does not take %q", cmd.CommandPath(), named[gateAndType]).
				WithHint("put the command after --: `%s %s %s -- %s`", cmd.CommandPath(), named[0], named[1], strings.Join(named[gateAndType:], " "))
		}
		return exactly("GATE", "TYPE")(cmd, named)
	}
	out := addOutput(cmd, f, project.Proof{})
	flags := cmd.Flags()
	flags.BoolVarP(&verbose, "verbose", "v", false, "show the output as it comes, even where there is no terminal")
	flags.DurationVar(&in.Timeout, "timeout", 0, "how long it may take; 0 for what the workflow says")
	flags.BoolVar(&serve, "serve", false, "the command is a server")
	flags.StringVar(&in.Ready, "ready", "", "the `URL` at which the server answers when it is ready")
	flags.StringArrayVar(&in.Gets, "get", nil, "a `URL` that the server must answer; can be repeated")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if serve != (in.Ready != "") {
			return fault.Usage("missing_flag", "--serve and --ready go together").WithHint("%s", usageHint(cmd))
		}
		in.Gate, in.Type, in.Command = args[0], args[1], args[2:]
		if verbose || (f.IO.ErrTTY && !f.flags.quiet) {
			in.Live = f.IO.Err
		}
		proof, err := s.Proofs.Capture(ctx, s.by(ctx), s.at, in)
		if err != nil {
			return err
		}
		err = out.written(proofID(proof.ID), proof, func(p *printer) { printOutcome(p, proof) })
		if err == nil && proof.Result == resultFail {
			return exitError(1)
		}
		return err
	})
	return cmd
}

func printOutcome(p *printer, proof *project.Proof) {
	p.line("%s %s for %s: %s (%s), %s", bold.of(proofID(proof.ID)), proof.Type, proof.Gate, styled{proofStyle(proof), proof.Result}, proof.Grade,
		proof.Summary)
	for _, reason := range proof.Reasons {
		p.line("  - %s", reason)
	}
}

func newCmdProofAttest(f *Factory) *cobra.Command {
	var statement string
	var fail, yes bool
	cmd := &cobra.Command{
		Use:   "attest GATE TYPE",
		Short: "Give your word for what no command shows",
		Long: `Give your word for what no command shows: that you reviewed the PRD, chose among
designs, or tried the application. Only a person can.`,
		Example:           "  layercake proof attest G2 prd_review --statement \"read all of it; the scope is right\"",
		Args:              exactly("GATE", "TYPE"),
		ValidArgsFunction: f.completed(completeGates, completeProofTypes),
	}
	out := addOutput(cmd, f, project.Proof{})
	cmd.Flags().StringVar(&statement, "statement", "", "what you saw and what you think of it (required)")
	cmd.Flags().BoolVar(&fail, "fail", false, "it does not pass")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask; decides only in projects of level demo")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if statement == "" {
			return fault.Usage("missing_flag", "%s needs --statement", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		by, err := s.decide(ctx, yes, fmt.Sprintf("Type %q to attest: %s", "attest", statement))
		if err != nil {
			return err
		}
		if err := refused(s, by, "attest"); err != nil {
			return err
		}
		result := resultPass
		if fail {
			result = resultFail
		}
		proof, err := s.Proofs.Attest(ctx, by, s.at, args[0], args[1], statement, result)
		if err != nil {
			return err
		}
		return out.written(proofID(proof.ID), proof, func(p *printer) { printOutcome(p, proof) })
	})
	return cmd
}

func newCmdProofSubmit(f *Factory) *cobra.Command {
	var in core.Submission
	var file string
	cmd := &cobra.Command{
		Use:   "submit GATE TYPE --file FILE",
		Short: "Hand in evidence that LayerCake did not see being made",
		Long: `Hand in evidence that LayerCake did not see being made, such as a screenshot or a
report from elsewhere. It is kept and shown, but opens no gate that asks for
captured evidence. The file "-" is standard input.`,
		Example:           "  layercake proof submit G4 screenshot --file home.png --summary \"the home page\"",
		Args:              exactly("GATE", "TYPE"),
		ValidArgsFunction: f.completed(completeGates, completeProofTypes),
	}
	out := addOutput(cmd, f, project.Proof{})
	cmd.Flags().StringVar(&file, "file", "", "the `FILE` to hand in (required)")
	cmd.Flags().StringVar(&in.Summary, "summary", "", "what it shows, in a sentence")
	addChoice(cmd, &in.Result, "result", "what it shows", []string{resultPass, resultFail, "warning", "info"})
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if file == "" {
			return fault.Usage("missing_flag", "%s needs --file", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		content, err := f.input(file)
		if err != nil {
			return err
		}
		defer func() { _ = content.Close() }() // read only
		in.Gate, in.Type, in.Name, in.Content = args[0], args[1], filepath.Base(file), content
		proof, err := s.Proofs.Submit(ctx, s.by(ctx), s.at, in)
		if err != nil {
			return err
		}
		return out.written(proofID(proof.ID), proof, func(p *printer) { printOutcome(p, proof) })
	})
	return cmd
}

// input opens a file that a person named; "-" is the standard input.
func (f *Factory) input(name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(f.IO.In), nil
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(f.process.Dir, path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.NotFound("file_not_found", "cannot read %s", name).Wrap(err).WithHint("run `ls -l %s`", name)
	}
	return file, nil
}

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
	cmd.Flags().BoolVar(&content, "content", false, "print the evidence itself")
	exclusive(cmd, "content", flagJSON, flagJQ, flagTemplate)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		proof, err := s.Proofs.Get(ctx, s.view(), args[0])
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
		_, err := io.Copy(f.IO.Out, r)
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
