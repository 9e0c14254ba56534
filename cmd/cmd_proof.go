package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

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
		newCmdProofInvalidate(f), newCmdProofExport(f))
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
		in.Gate, in.Type, in.Command, in.Hurry = args[0], args[1], args[2:], f.process.Hurry
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
