package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/markdown"
)

// runner is the work of a command about one project.
type runner func(ctx context.Context, s *session, args []string) error

// reading makes a command of work that changes nothing.
func (f *Factory) reading(run runner) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := f.session(cmd.Context())
		if err != nil {
			return err
		}
		return run(cmd.Context(), s, args)
	}
}

// changing makes a command of work that changes the project: afterwards the
// markdown files are brought up to date.
func (f *Factory) changing(run runner) func(*cobra.Command, []string) error {
	return f.reading(func(ctx context.Context, s *session, args []string) error {
		f.holding = f.commits()
		err := run(ctx, s, args)
		var ended exitError // the change is made, and is no good news
		if err == nil || errors.As(err, &ended) {
			f.committed = s.publish(ctx)
		}
		if told := f.release(); err == nil {
			err = told
		}
		return err
	})
}

// publish brings the markdown files in step, and commits them, as far as the
// settings say so. The change is made already, so what goes wrong here is a
// warning. What people wrote in the files is read when a person gives the command;
// an agent's leaves edited files alone, because what is in them is not the agent's
// word.
func (s *session) publish(ctx context.Context) *committed {
	c, err := s.f.config()
	if err != nil || c.Render == renderOff || s.at.Root == "" {
		return nil
	}
	by := s.by(ctx)
	result, err := s.files().Sync(ctx, s.syncParams(by, !by.Actor.IsPerson()))
	if err != nil {
		e := fault.From(err)
		s.f.warn("the change is recorded, but the markdown files were not written: %s", e.Error())
		if e.Hint != "" {
			s.f.say("%s %s", cyan.of("hint:"), e.Hint)
		}
		return nil
	}
	s.sayTaken(result)
	for _, refused := range result.Refused {
		s.f.warn("%s was left as it is: %s", refused.Path, refused.Message)
		if refused.Hint != "" {
			s.f.say("%s %s", cyan.of("hint:"), refused.Hint)
		}
	}
	return s.committed(ctx, &result.Result)
}

// files brings the project's files and its state in step.
func (s *session) files() *markdown.Writer { return markdown.New(s.Sync) }

// syncParams says what to bring in step.
func (s *session) syncParams(by core.Caller, unread bool) markdown.SyncParams {
	return markdown.SyncParams{Project: s.at.Project, Root: s.at.Root, Home: !s.guest, By: by, Unread: unread}
}

// sayTaken tells what was read from the files beside what the command did.
func (s *session) sayTaken(result *markdown.SyncResult) {
	for _, t := range result.Taken {
		s.f.say("%s %s", dim.of("from "+t.File+":"), takenText(&t))
	}
	for _, c := range result.Conflicts {
		s.f.warn("%s %s in %s is not what the database has; see `layercake sync status`", c.Record, human(c.Field), c.File)
	}
}

// moment are the flags that look at the past.
type moment struct {
	at  string
	seq int64
}

// addMoment gives a command the flags --at and --seq.
func addMoment(cmd *cobra.Command) *moment {
	var m moment
	cmd.Flags().StringVar(&m.at, "at", "", "look at an earlier `TIME`: 2026-05-01T10:00:00Z, 2026-05-01 or a duration ago such as 2h")
	cmd.Flags().Int64Var(&m.seq, "seq", 0, "look at the state after event `N`")
	return &m
}

// resolve returns the moment that was asked for.
func (m *moment) resolve(now time.Time) (core.At, error) {
	if m.at != "" && m.seq != 0 {
		return core.At{}, fault.Usage("conflicting_flags", "specify only `--at` or `--seq`").
			WithHint("run `layercake log` to see events with their numbers and times")
	}
	if m.seq < 0 {
		return core.At{}, fault.Usage("invalid_seq", "--seq cannot be %d; events are numbered from 1", m.seq).
			WithHint("run `layercake log` to see events with their numbers")
	}
	t, err := parseTime(m.at, now)
	return core.At{Seq: m.seq, Time: t}, err
}

// view is the project at the moment that was asked for.
func (m *moment) view(s *session) (core.View, error) {
	at, err := m.resolve(s.f.process.Now())
	return core.View{Project: s.at.Project, At: at}, err
}

// parseTime reads a time, a day, or a duration before now. Nothing is the zero
// time.
func parseTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d >= 0 {
		return now.Add(-d), nil
	}
	return time.Time{}, fault.Usage("invalid_time", "%q is not a time", text).
		WithHint("write it as 2026-05-01T10:00:00Z, 2026-05-01 (both UTC), or a duration ago such as 2h")
}
