package db

import (
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// FollowAll reads what came in all projects since the cursors. Within a project
// versions are given under its lock, so that no event can appear before the cursor;
// see [core.Cursors].
func (d *DB) FollowAll(ctx context.Context, cursors core.Cursors, fn func(*event.Envelope) error) error {
	ctx, cancel := within(ctx, replayLimit)
	defer cancel()
	streams, err := listStreams(ctx, dbsqlc.New(d.pool))
	if err != nil {
		return translate(err)
	}
	for _, s := range streams {
		if s.Head.Version <= cursors[s.Project] {
			continue
		}
		err := scanStream(ctx, d.pool, s.Project, cursors[s.Project], func(e *event.Envelope) error {
			if err := fn(e); err != nil {
				return err
			}
			cursors[s.Project] = e.Version
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
