package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
)

func newCmdAuditExport(f *Factory) *cobra.Command {
	var q core.StatementQuery
	var file string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write proofs and approvals as in-toto Statements",
		Long: `Write every proof and every approval of the project as an in-toto Statement
(version 1), one on a line: what it is about by content (the evidence's SHA-256,
the git commit), and the event of the log that says it, with its hash. The log is
verified first. docs/reference/attestations.md describes the predicates.

The statements are not signed; the signature of a person under an approval is in
its predicate.`,
		Example: "  layercake audit export\n  layercake audit export --gate G1 -o statements.jsonl",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.Statement{})
	cmd.Flags().StringVar(&q.Gate, "gate", "", "only those of this `GATE`")
	_ = cmd.RegisterFlagCompletionFunc("gate", f.completed(completeGates)) // defined above
	cmd.Flags().StringVarP(&file, "output", "o", "", "the `FILE` to write; by default the standard output")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if q.Gate != "" {
			g, err := s.Gates.Get(ctx, s.view(), q.Gate)
			if err != nil {
				return err
			}
			q.Gate = g.ID
		}
		return s.statements(ctx, out, q, file)
	})
	return cmd
}

func newCmdProofExport(f *Factory) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "export PROOF",
		Short: "Write a proof as an in-toto Statement",
		Long: `Write a proof as an in-toto Statement (version 1): the evidence by its SHA-256, the
git commit, and the event of the log that says it. "layercake audit export"
writes all proofs and approvals.`,
		Example:           "  layercake proof export p-7k3f",
		Args:              exactly("PROOF"),
		ValidArgsFunction: f.completed(completeProofs),
	}
	out := addOutput(cmd, f, core.Statement{})
	cmd.Flags().StringVarP(&file, "output", "o", "", "the `FILE` to write; by default the standard output")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		return s.statements(ctx, out, core.StatementQuery{Proof: args[0]}, file)
	})
	return cmd
}

// statements answers with statements, or writes them into a file.
func (s *session) statements(ctx context.Context, out *output, q core.StatementQuery, file string) error {
	list, err := s.Log.Statements(ctx, s.at.Project, q)
	if err != nil {
		return err
	}
	if out.structured() && file == "" {
		return out.show(list, nil)
	}
	if file == "" {
		file = toStdout
	}
	err = s.f.writeFile(file, func(w io.Writer) error {
		var lines bytes.Buffer
		enc := json.NewEncoder(&lines)
		enc.SetEscapeHTML(false)
		for i := range list {
			if err := enc.Encode(&list[i]); err != nil {
				return fmt.Errorf("encode a statement: %w", err)
			}
		}
		_, err := w.Write(lines.Bytes())
		return err
	})
	if err != nil || file == toStdout {
		return err
	}
	return out.written(file, list, func(p *printer) { p.line("%s %s: %s", green.of("✓"), file, count(len(list), "statement")) })
}
