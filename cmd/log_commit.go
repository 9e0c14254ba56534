package cmd

import (
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

// eventsOf narrows a query to the events that a commit of git or a tag records.
func (s *session) eventsOf(ctx context.Context, rev string, q *core.EventQuery) error {
	if s.at.Root == "" {
		return fault.Usage("no_work_tree", "the folder of %s is not known here", s.slug).WithHint("run it inside the project's folder")
	}
	message, err := git.ReadMessage(ctx, s.at.Root, rev)
	if err != nil {
		return err
	}
	t, ok := git.ParseTrailers(message)
	switch {
	case !ok:
		return fault.NotFound("commit_without_events", "%s says nothing of events: LayerCake did not make it", rev).
			WithHint("run `git log --grep=LayerCake-Events` to see those that do")
	case t.Project != s.at.Project.String():
		return fault.NotFound("commit_of_another_project", "%s records events of the project %s", rev, t.Project).
			WithHint("run `layercake project list` and name it with --project")
	case t.To == 0:
		return nil // only settings
	}
	events, err := s.Log.Events(ctx, s.at.Project, core.EventQuery{Before: t.To + 1, Limit: 1})
	if err != nil {
		return err
	}
	if len(events) == 0 || events[0].Version != t.To || events[0].Hash.String() != t.Head {
		return fault.Conflict("commit_of_another_log", "%s records event %d with the hash %.12s, and the log has another one there", rev, t.To, t.Head).
			WithHint("run `layercake audit verify`; a copy of the project in another database has a log of its own")
	}
	if q.Before == 0 || q.Before > t.To+1 {
		q.Before = t.To + 1
	}
	q.After = max(q.After, t.From-1)
	return nil
}
