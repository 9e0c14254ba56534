package cmd

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// pointUsage says how a moment is written in one flag.
const pointUsage = "the number of an event, a time, a day, or a duration ago"

// parsePoint reads a moment: the number of an event, or a time.
func parsePoint(flag, text string, now time.Time) (core.At, error) {
	const decimal, bits = 10, 63
	if n, err := strconv.ParseUint(text, decimal, bits); err == nil {
		if n == 0 {
			return core.At{}, fault.Usage("invalid_seq", "--%s cannot be 0; events are numbered from 1", flag).
				WithHint("run `layercake log` to see events with their numbers")
		}
		return core.At{Seq: int64(n)}, nil
	}
	t, err := parseTime(text, now)
	return core.At{Time: t}, err
}

func newCmdDiff(f *Factory) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Show what changed between two moments",
		Long: `Show what changed in the project between two moments: record by record and field
by field, from what it was to what it is. A moment is the number of an event or a
time; --to is now, if it is left out. What changed and changed back in between is
no difference. Long texts are cut on a terminal; --json has them whole.`,
		Example: "  layercake diff --from 24h\n  layercake diff --from 1 --to 2 --json",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, core.Diff{})
	cmd.Flags().StringVar(&from, "from", "", "the earlier `MOMENT`: "+pointUsage+" (required)")
	cmd.Flags().StringVar(&to, "to", "", "the later `MOMENT`; by default now")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if from == "" {
			return fault.Usage("missing_flag", "%s needs --from: %s", cmd.CommandPath(), pointUsage).WithHint("%s", usageHint(cmd))
		}
		first, err := parsePoint("from", from, f.process.Now())
		if err != nil {
			return err
		}
		last, err := parsePoint("to", to, f.process.Now())
		if err != nil {
			return err
		}
		d, err := s.History.Diff(ctx, s.at.Project, first, last)
		if err != nil {
			return err
		}
		return out.show(d, func(p *printer) {
			if p.tty {
				since := fmt.Sprintf("event %d (%s)", d.From, p.when(d.FromTime))
				if d.From == 0 {
					since = "the beginning"
				}
				p.line("from %s to event %d (%s): %s", since, d.To, p.when(d.ToTime), differ(len(d.Records)))
			}
			p.changes(d.Records)
		})
	})
	return cmd
}

// differ says how many records differ.
func differ(n int) string {
	switch n {
	case 0:
		return "nothing differs"
	case 1:
		return "1 record differs"
	}
	return count(n, "record") + " differ"
}
