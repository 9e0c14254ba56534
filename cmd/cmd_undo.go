package cmd

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

func newCmdUndo(f *Factory) *cobra.Command {
	var list, own, dryRun bool
	var reason string
	var limit int
	cmd := &cobra.Command{
		Use:   "undo [SEQ]",
		Short: "Take a change back",
		Long: `Take a change back: everything that the command wrote to which event SEQ belongs,
or your own last change. Nothing is removed from the log: a new event gives the
records back what they were. It can be undone in turn.

A change that somebody built on is not taken back: the later one comes first.
What was decided at gates is never undone, nor are proofs, deliverables, phases,
signers, the accepted workflow, redactions, or anything that happened outside.
An agent can undo only what it did itself, and nothing that only a person may do.`,
		Example: "  layercake undo --list\n  layercake undo --dry-run\n  layercake undo 12 --reason \"the wrong task\"",
		Args:    between(0, "SEQ"),
	}
	out := addOutput(cmd, f, core.Undoing{})
	const few = 20
	flags := cmd.Flags()
	flags.BoolVar(&list, "list", false, "list what could be undone, newest first")
	flags.BoolVar(&own, "own", false, "with --list: only your own changes")
	addNumber(cmd, &limit, "limit", few, "with --list: at most so many; 0 for all")
	flags.StringVar(&reason, "reason", "", "why")
	flags.BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	undo := f.changing(func(ctx context.Context, s *session, args []string) error {
		seq, err := eventNumber(args)
		if err != nil {
			return err
		}
		u, err := s.History.Undo(ctx, s.by(ctx), s.at.Project, seq, reason)
		if err != nil {
			return err
		}
		return out.written(strconv.FormatInt(u.Event, 10), u, func(p *printer) {
			p.line("%s event %d undoes %s", green.of("✓"), u.Event, eventsOf(u))
			p.changes(u.Records)
		})
	})
	look := f.reading(func(ctx context.Context, s *session, args []string) error {
		seq, err := eventNumber(args)
		if err != nil {
			return err
		}
		u, err := s.History.PlanUndo(ctx, s.by(ctx), s.at.Project, seq)
		if err != nil {
			return err
		}
		return out.show(u, func(p *printer) {
			p.line("would undo %s", eventsOf(u))
			p.changes(u.Records)
		})
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case list && (len(args) > 0 || reason != ""):
			return fault.Usage("conflicting_flags", "--list takes neither an event nor a reason").WithHint("%s", usageHint(cmd))
		case !list && (own || cmd.Flags().Changed("limit")):
			return fault.Usage("conflicting_flags", "--own and --limit are for --list").WithHint("run `layercake undo --list`")
		case list:
			return f.reading(func(ctx context.Context, s *session, _ []string) error {
				found, err := s.History.Undoable(ctx, s.by(ctx), s.at.Project, own, limit)
				if err != nil {
					return err
				}
				return out.show(found, func(p *printer) { printUndoable(p, found) })
			})(cmd, args)
		case dryRun:
			return look(cmd, args)
		}
		return undo(cmd, args)
	}
	return cmd
}

// eventNumber reads the number of an event; none is 0.
func eventNumber(args []string) (int64, error) {
	if len(args) == 0 {
		return 0, nil
	}
	const decimal, bits = 10, 63
	n, err := strconv.ParseUint(strings.TrimPrefix(args[0], "#"), decimal, bits)
	if err != nil || n == 0 {
		return 0, fault.Usage("invalid_seq", "%q is not the number of an event", args[0]).WithHint("run `layercake log` to see events with their numbers")
	}
	return int64(n), nil
}

// eventsOf names the events of a change.
func eventsOf(u *core.Undoing) string {
	name := fmt.Sprintf("event %d", u.First)
	if u.Last > u.First {
		name = fmt.Sprintf("events %d to %d", u.First, u.Last)
	}
	return fmt.Sprintf("%s, %s by %s", name, strings.Join(u.Types, ", "), u.Actor)
}

func printUndoable(p *printer, found []core.Undoing) {
	t := newTable(col("#").toRight(), col("WHEN"), col("CHANGE").flex(), col("SUBJECT").flex(), col("BY").flex().ifRoom())
	for i := range found {
		u := &found[i]
		t.add(strconv.FormatInt(u.First, 10), u.RecordedAt, bold.of(strings.Join(u.Types, ", ")), u.Subject, u.Actor)
	}
	p.table(t)
}
