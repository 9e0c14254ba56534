package cmd

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

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

func newCmdLog(f *Factory) *cobra.Command {
	var q core.EventQuery
	var types []string
	var since, until, commit string
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show what happened",
		Long: `Show what happened in the project, newest first. Every change is an event with
who did it; --json shows its whole content and its hash.`,
		Example: "  layercake log --limit 20\n" +
			"  layercake log --type TaskCompleted --since 24h\n" +
			"  layercake log --subject G1 --json\n" +
			"  layercake log --commit HEAD",
		Args: exactly(),
	}
	out := addOutput(cmd, f, logEntry{})
	flags := cmd.Flags()
	const many = 50
	flags.StringSliceVar(&types, "type", nil, "only events of this `TYPE`; can be repeated")
	flags.StringVar(&q.Actor, "actor", "", "only what this actor did, such as \"person:Ada\"")
	flags.StringVar(&q.Subject, "subject", "", "only what is about this task, gate, decision and so on")
	flags.StringVar(&since, "since", "", "only events from this `TIME` on: a time, a day, or a duration ago")
	flags.StringVar(&until, "until", "", "only events up to this `TIME`")
	flags.StringVar(&commit, "commit", "", "only the events that a commit or tag `REV` of git records; see \"layercake help git\"")
	addNumber(cmd, &q.Before, "before", 0, "only events before this version")
	addNumber(cmd, &q.Limit, "limit", many, "at most so many; 0 for all")
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(eventTypeNames(), cobra.ShellCompDirectiveNoFileComp)) // defined above
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		var err error
		if q.Types, err = eventTypes(types); err != nil {
			return err
		}
		if q.Since, err = parseTime(since, f.process.Now()); err != nil {
			return err
		}
		if q.Until, err = parseTime(until, f.process.Now()); err != nil {
			return err
		}
		var first int64
		if commit != "" {
			if first, err = s.eventsOf(ctx, commit, &q); err != nil {
				return err
			}
		}
		events, err := s.Log.Events(ctx, s.at.Project, q)
		if err != nil {
			return err
		}
		events = from(events, first)
		entries := make([]logEntry, len(events))
		for i := range events {
			entries[i] = newLogEntry(&events[i])
		}
		return out.show(entries, func(p *printer) {
			t := newTable(col("#").toRight(), col("WHEN"), col("EVENT"), col("SUBJECT").flex(), col("BY").flex().ifRoom())
			for i := range entries {
				e := &entries[i]
				t.add(strconv.FormatInt(e.Version, 10), e.RecordedAt, bold.of(string(e.Type)), event.Subject(e.Payload), e.Actor)
			}
			p.table(t)
		})
	})
	return cmd
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
