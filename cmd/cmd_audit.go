package cmd

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
)

func newCmdAudit(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "audit",
		Short:   "Check that the log was not tampered with",
		Long:    "Check that the log was not tampered with.",
		Example: "  layercake audit verify",
	}, newCmdAuditVerify(f))
}

func newCmdAuditVerify(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the hash chain and the signatures of the log",
		Long: `Recompute the hash of every event and the chain that they form, and check every
signature with the keys that counted when it was made. Exit code 1 if an event
was changed, removed or put in, a decision is not signed as it had to be, or the
triggers that guard the log are not in place. What it names is the first event
that is not as it was written.`,
		Example: "  layercake audit verify\n  layercake audit verify --jq .data.head",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.Audit{})
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		a, err := s.Log.Verify(ctx, s.at.Project)
		if err != nil {
			return err
		}
		err = out.show(a, func(p *printer) {
			if a.OK {
				p.line("%s %d events, an unbroken chain", green.of("✓"), a.Events)
				if len(a.Redacted) > 0 {
					p.field("redacted", joinNumbers(a.Redacted))
				}
				p.field("head", a.Head)
				if a.Signed > 0 {
					p.line("%s signatures that hold: %d", green.of("✓"), a.Signed)
				}
				return
			}
			if a.FaultAt == 0 {
				p.line("%s the log is not guarded: %s", red.of("✗"), a.Problem)
			} else {
				p.line("%s event %d is not sound: %s", red.of("✗"), a.FaultAt, a.Problem)
			}
		})
		if err != nil || a.OK {
			return err
		}
		if a.Repair != "" {
			f.say("%s layercake db psql -- -c '%s'", cyan.of("hint:"), strings.TrimSuffix(a.Repair, " "))
		}
		return exitError(1)
	})
	return cmd
}
