package cmd

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// replayed is an event as scripts see it, with what it changed.
type replayed struct {
	Version    int64               `json:"version"`
	Type       event.Type          `json:"type"`
	Actor      string              `json:"actor"`
	RecordedAt time.Time           `json:"recorded_at"`
	Subject    string              `json:"subject"`
	Changes    []core.RecordChange `json:"changes"`
}

func newCmdReplay(f *Factory) *cobra.Command {
	var from, to string
	var step bool
	cmd := &cobra.Command{
		Use:   "replay",
		Short: "Go through the events, each with what it changed",
		Long: `Go through the events of the project in their order, each with what it changed:
record by record and field by field, from what it was to what it became. With
--json it is one document for each event, each on a line. With --step the next
event comes when you press Enter; q ends it. A log of any length can be replayed:
only the state of the project is kept.`,
		Example: "  layercake replay --from 24h\n  layercake replay --from 1 --to 2",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, replayed{})
	cmd.Flags().StringVar(&from, "from", "", "the `MOMENT` to begin at: "+pointUsage+"; by default the beginning")
	cmd.Flags().StringVar(&to, "to", "", "the `MOMENT` to end at; by default the end")
	cmd.Flags().BoolVar(&step, "step", false, "wait for Enter after each event")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if step && (!f.IO.canAsk() || out.structured()) {
			return fault.Usage("no_terminal", "--step needs a terminal to wait at, and no --json").WithHint("leave out --step to have all events at once")
		}
		first, err := parsePoint("from", from, f.process.Now())
		if err != nil {
			return err
		}
		last, err := parsePoint("to", to, f.process.Now())
		if err != nil {
			return err
		}
		return s.History.Replay(ctx, s.at.Project, first, last, func(st core.Step) error {
			r := replayed{
				Version: st.Event.Version, Type: st.Event.Type, Actor: st.Event.Actor, RecordedAt: st.Event.RecordedAt,
				Subject: core.About(st.Event.Type, st.Event.Payload), Changes: st.Changes,
			}
			if err := out.show(r, func(p *printer) { printReplayed(p, &r) }); err != nil || !step {
				return err
			}
			return f.nextStep(ctx)
		})
	})
	return cmd
}

// nextStep waits for Enter. Anything that begins with q ends the replay.
func (f *Factory) nextStep(ctx context.Context) error {
	line, err := f.ask(ctx, "Enter for the next event, q to end")
	if fault.CodeOf(err) == "interrupted" && ctx.Err() == nil || line != "" && (line[0] == 'q' || line[0] == 'Q') {
		return exitError(0)
	}
	return err
}

func printReplayed(p *printer, r *replayed) {
	if p.tty {
		p.line("%s  %s  %s  %s  %s", bold.of("#"+strconv.FormatInt(r.Version, 10)), dim.of(r.RecordedAt.UTC().Format(time.DateTime)),
			bold.of(string(r.Type)), r.Subject, dim.of(r.Actor))
		p.changes(r.Changes)
		return
	}
	t := newTable(col("#"), col("EVENT"), col("RECORD"), col("ID"), col("CHANGE"), col("FIELD"), col("FROM"), col("TO"))
	version := strconv.FormatInt(r.Version, 10)
	for i := range r.Changes {
		c := &r.Changes[i]
		for _, field := range c.Fields {
			t.add(version, string(r.Type), c.Record, c.ID, c.Change, field.Field, p.fieldValue(field.From), p.fieldValue(field.To))
		}
		if len(c.Fields) == 0 {
			t.add(version, string(r.Type), c.Record, c.ID, c.Change, "", "", "")
		}
	}
	if len(t.rows) == 0 {
		t.add(version, string(r.Type), "", "", "", "", "", "")
	}
	p.table(t)
}
