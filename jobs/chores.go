package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

const (
	// turnsKept is how long the turns of a run are kept that is over, and outputKept
	// how long what it said is. The answer itself is an artifact, and stays.
	turnsKept  = 7 * 24 * time.Hour
	outputKept = 30 * 24 * time.Hour
	// workersKept is how long a worker that died is listed.
	workersKept = 24 * time.Hour
	// promoteMost bounds how many runs are looked at each time.
	promoteMost = 1000
)

// Chores does what comes up again and again. index brings the code search of this
// machine's folders up to date, and may be nil.
func Chores(d *db.DB, app *core.App, index func(ctx context.Context) error) func(ctx context.Context, c Chore) error {
	return func(ctx context.Context, c Chore) error {
		switch c {
		case ChorePromote:
			if _, err := d.AdoptRuns(ctx); err != nil {
				return err
			}
			return promote(ctx, d, app)
		case ChoreRetain:
			return retain(ctx, d)
		case ChoreIndex:
			if index != nil {
				return index(ctx)
			}
		}
		return nil
	}
}

// promote works out anew how urgent those runs are that wait.
func promote(ctx context.Context, d *db.DB, app *core.App) error {
	rows, err := dbsqlc.New(d.Pool()).PendingRuns(ctx, promoteMost)
	if err != nil {
		return fmt.Errorf("look for runs that wait: %w", err)
	}
	for i := range rows {
		if err := app.Agents.Promote(ctx, rows[i].ProjectID, rows[i].RunID, rows[i].TaskID); err != nil {
			return err
		}
	}
	return nil
}

// retain removes what nobody looks at any more.
func retain(ctx context.Context, d *db.DB) error {
	q, now := dbsqlc.New(d.Pool()), time.Now()
	before := func(age time.Duration) *time.Time {
		t := now.Add(-age)
		return &t
	}
	if _, err := q.ForgetTurns(ctx, before(turnsKept)); err != nil {
		return fmt.Errorf("remove old turns: %w", err)
	}
	if _, err := q.ForgetOutput(ctx, before(outputKept)); err != nil {
		return fmt.Errorf("remove what runs said long ago: %w", err)
	}
	if _, err := q.ForgetReserved(ctx); err != nil {
		return fmt.Errorf("give back what was set aside: %w", err)
	}
	if _, err := q.ForgetWorkers(ctx, *before(workersKept)); err != nil {
		return fmt.Errorf("remove workers that died: %w", err)
	}
	return nil
}
