package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// logEntry is an event as scripts see it.
type logEntry struct {
	Version       int64           `json:"version"`
	Type          event.Type      `json:"type"`
	Actor         string          `json:"actor"`
	OnBehalfOf    string          `json:"on_behalf_of"`
	Session       string          `json:"session"`
	OccurredAt    time.Time       `json:"occurred_at"`
	RecordedAt    time.Time       `json:"recorded_at"`
	CorrelationID string          `json:"correlation_id"`
	SchemaVersion int             `json:"schema_version"`
	Hash          string          `json:"hash"`
	PrevHash      string          `json:"prev_hash"`
	Payload       json.RawMessage `json:"payload"`
}

func newLogEntry(e *event.Envelope) logEntry {
	return logEntry{
		Version: e.Version, Type: e.Type, Actor: e.Actor, OnBehalfOf: e.OnBehalfOf, Session: e.Session, OccurredAt: e.OccurredAt,
		RecordedAt: e.RecordedAt, CorrelationID: e.CorrelationID.String(), SchemaVersion: e.SchemaVersion,
		Hash: e.Hash.String(), PrevHash: e.PrevHash.String(), Payload: e.Payload,
	}
}

// logFlags select events.
type logFlags struct {
	types                   []string
	actor, subject, request string
	since, until            string
}

func addLogFlags(cmd *cobra.Command) *logFlags {
	var l logFlags
	flags := cmd.Flags()
	flags.StringSliceVar(&l.types, "type", nil, "only events of this `TYPE`; can be repeated")
	flags.StringVar(&l.actor, "actor", "", "only what this actor did, or agents on their behalf; part of the name is enough")
	flags.StringVar(&l.subject, "subject", "", "only what is about this task, gate, decision and so on, by its `ID`")
	flags.StringVar(&l.request, "correlation", "", "only what one request caused, by its correlation `ID`")
	flags.StringVar(&l.since, "since", "", "only events from this `TIME` on: a time, a day, or a duration ago")
	flags.StringVar(&l.until, "until", "", "only events up to this `TIME`")
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(eventTypeNames(), cobra.ShellCompDirectiveNoFileComp)) // defined above
	return &l
}

// query makes a query of the flags.
func (l *logFlags) query(ctx context.Context, s *session) (q core.EventQuery, err error) {
	q.Actor = l.actor
	if q.Types, err = eventTypes(l.types); err != nil {
		return q, err
	}
	if l.request != "" {
		if q.Correlation, err = uuid.Parse(l.request); err != nil {
			return q, fault.Usage("invalid_id", "%q is not the id of a request", l.request).
				WithHint("copy it from `layercake log --json=version,correlation_id`")
		}
	}
	now := s.f.process.Now()
	if q.Since, err = parseTime(l.since, now); err != nil {
		return q, err
	}
	if q.Until, err = parseTime(l.until, now); err != nil {
		return q, err
	}
	q.Subject, err = s.Log.Subject(ctx, s.at.Project, l.subject)
	return q, err
}

func newCmdLog(f *Factory) *cobra.Command {
	var before int64
	var commit string
	var limit int
	var follow bool
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show what happened",
		Long: `Show what happened in the project, newest first. Every change is an event with
who did it; --json shows its whole content and its hash.

With --follow the events that are there come oldest first, at most --limit of
them, then each new one as it happens, until you interrupt it. None is left out,
also when the database was away for a while. With --json it is then one document
for each event, each on a line.`,
		Example: "  layercake log --limit 20\n" +
			"  layercake log --type TaskCompleted --since 24h\n" +
			"  layercake log --subject G1 --json\n" +
			"  layercake log --commit HEAD\n" +
			"  layercake log --follow --actor agent:",
		Args: exactly(),
	}
	out := addOutput(cmd, f, logEntry{})
	const many = 50
	selected := addLogFlags(cmd)
	cmd.Flags().StringVar(&commit, "commit", "", "only the events that a commit or tag `REV` of git records; see \"layercake help git\"")
	addNumber(cmd, &before, "before", 0, "only events before this version")
	addNumber(cmd, &limit, "limit", many, "at most so many; 0 for all")
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with the events that come")
	list := f.reading(func(ctx context.Context, s *session, _ []string) error {
		q, err := selected.query(ctx, s)
		if err != nil {
			return err
		}
		q.Before, q.Limit = before, limit
		if commit != "" {
			if err := s.eventsOf(ctx, commit, &q); err != nil {
				return err
			}
		}
		if follow {
			return f.follow(ctx, s, q, out)
		}
		if limit == 0 {
			q.Limit = math.MaxInt32
		}
		events, err := s.Log.Events(ctx, s.at.Project, q)
		if err != nil {
			return err
		}
		entries := make([]logEntry, len(events))
		for i := range events {
			entries[i] = newLogEntry(&events[i])
		}
		err = out.show(entries, func(p *printer) { p.table(logTable(entries)) })
		if err == nil && len(entries) == limit && f.IO.OutTTY && !out.structured() {
			f.say("older ones: `layercake log --before %d`", entries[limit-1].Version)
		}
		return err
	})
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if follow && (before != 0 || selected.until != "" || commit != "") {
			return fault.Usage("conflicting_flags", "what comes is neither before an event, nor up to a time, nor in a commit").
				WithHint("leave out --before, --until and --commit, or --follow")
		}
		return list(cmd, args)
	}
	cmd.AddCommand(newCmdLogStats(f))
	return cmd
}

func logTable(entries []logEntry) *table {
	t := newTable(col("#").toRight(), col("WHEN"), col("EVENT"), col("SUBJECT").flex(), col("BY").flex().ifRoom())
	for i := range entries {
		e := &entries[i]
		t.add(strconv.FormatInt(e.Version, 10), e.RecordedAt, bold.of(string(e.Type)), core.About(e.Type, e.Payload), e.Actor)
	}
	return t
}

// follow prints events as they come.
func (f *Factory) follow(ctx context.Context, s *session, q core.EventQuery, out *output) error {
	emit := func(events []event.Envelope) error {
		for i := range events {
			entry := newLogEntry(&events[i])
			err := out.show(entry, func(p *printer) {
				if !p.tty {
					p.table(logTable([]logEntry{entry}))
					return
				}
				at := entry.RecordedAt.In(f.process.Now().Location()).Format(time.TimeOnly)
				p.line("%5d  %s  %s  %s  %s", entry.Version, dim.of(at), bold.of(string(entry.Type)), core.About(entry.Type, entry.Payload), dim.of(entry.Actor))
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	following, done := f.untilOutputGone(ctx)
	defer done()
	trouble := func(error) { f.warn("the database does not answer; going on as soon as it does") }
	err := s.Log.Follow(following, s.at.Project, q, emit, trouble)
	switch {
	case ctx.Err() != nil:
		return exitError(fault.KindInterrupted.ExitCode()) // that is how it ends
	case errors.Is(context.Cause(following), errOutputClosed):
		return errOutputClosed
	}
	return err
}

func eventTypeNames() []string {
	catalogue := event.Catalogue()
	names := make([]string, len(catalogue))
	for i := range catalogue {
		names[i] = string(catalogue[i].Type)
	}
	return names
}

// eventTypes refuses names that are no types.
func eventTypes(names []string) ([]string, error) {
	known := eventTypeNames()
	for _, name := range names {
		if !slices.Contains(known, name) {
			e := fault.Usage("unknown_event_type", "there is no event type %q", name)
			if near := fault.Nearest(name, known); near != "" {
				return nil, e.WithHint("did you mean %s?", near)
			}
			return nil, e.WithHint("run `layercake log` to see some")
		}
	}
	return names, nil
}

// joinNumbers lists the numbers of events.
func joinNumbers(list []int64) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ", ")
}
