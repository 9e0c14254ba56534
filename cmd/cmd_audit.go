package cmd

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
)

func newCmdAudit(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:   "audit",
		Short: "Check that the log was not tampered with",
		Long: `Check that the log was not tampered with, and sign where it ends, so that it can
be told later.`,
		Example: "  layercake audit verify\n  layercake audit anchor",
	}, newCmdAuditVerify(f), newCmdAuditAnchor(f), newCmdAuditExport(f))
}

func newCmdAuditVerify(f *Factory) *cobra.Command {
	var named []string
	var signers string
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the hash chain and the signatures of the log",
		Long: `Recompute the hash of every event and the chain that they form, and check every
signature with the keys that counted when it was made. Exit code 1 if an event
was changed, removed or put in, a decision is not signed as it had to be, or the
triggers that guard the log are not in place. What it names is the first event
that is not as it was written.

The log is compared with the anchors in .layercake/anchors, and with those that
--anchor names: these are checked whole, with all the logs in them. The keys that
may have signed anchors are those of the people enrolled in the project, or the
ones in the file that --signers names, in the form of authorized_keys or of
allowed_signers. Keep that file away from the database: who writes a log anew can
enroll a key in it.`,
		Example: "  layercake audit verify\n" +
			"  layercake audit verify --jq .data.head\n" +
			"  layercake audit verify --anchor .layercake/anchors/2026-05-01-1.json --signers ~/allowed_signers",
		Args: exactly(),
	}
	out := addOutput(cmd, f, core.Audit{})
	cmd.Flags().StringSliceVar(&named, "anchor", nil, "compare with the anchor in `FILE`; can be repeated")
	cmd.Flags().StringVar(&signers, "signers", "", "the `FILE` with the keys that may have signed anchors")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		keys, err := f.readSigners(signers)
		if err != nil {
			return err
		}
		files, err := f.anchorFiles(s.at.Root, named)
		if err != nil {
			return err
		}
		a, err := s.Log.VerifyAnchored(ctx, s.at.Project, files, keys)
		if err != nil {
			return err
		}
		err = out.show(a, func(p *printer) { printAudit(p, a) })
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

func printAudit(p *printer, a *core.Audit) {
	if !a.OK {
		p.line("%s %s", red.of("✗"), a.Summary())
	} else {
		p.line("%s %d events, an unbroken chain", green.of("✓"), a.Events)
		if len(a.Redacted) > 0 {
			p.field("redacted", joinNumbers(a.Redacted))
		}
		p.field("head", a.Head)
		if a.Signed > 0 {
			p.line("%s signatures that hold: %d", green.of("✓"), a.Signed)
		}
	}
	for i := range a.Anchors {
		if c := &a.Anchors[i]; c.OK || !strings.Contains(a.Problem, c.Problem) {
			printAnchorCheck(p, c)
		}
	}
}

func printAnchorCheck(p *printer, c *core.AnchorCheck) {
	switch {
	case !c.OK:
		p.line("%s anchor %s: %s", red.of("✗"), c.File, c.Problem)
	case c.Heads == 1 && c.Version > 0:
		p.line("%s anchor %s: event %d, signed by %s", green.of("✓"), c.File, c.Version, c.Signer)
	default:
		p.line("%s anchor %s: %s, signed by %s", green.of("✓"), c.File, count(c.Heads, "log"), c.Signer)
	}
	if c.OK && !c.Known {
		p.line("  %s its key %s is not enrolled here; --signers names a file of keys that count", yellow.of("warning:"), c.Key)
	}
}
