package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// The schemas of a restore: what a backup holds is first put beside what is in use,
// which then has another name until it goes. What begins a restore of a schema, and
// what ends that, is run in one transaction together with it.
const (
	restoringSchema = Schema + "_restoring"
	replacedSchema  = Schema + "_replaced"

	// StageBegin and StageEnd go around the statements of a backup, so that it comes
	// to lie beside the tables in use. Without StageEnd nothing of it stays.
	StageBegin = "BEGIN;\nSET client_min_messages = warning;\nDROP SCHEMA IF EXISTS " + restoringSchema + ", " + replacedSchema + " CASCADE;\n" +
		"ALTER SCHEMA " + Schema + " RENAME TO " + replacedSchema + ";\n"
	StageEnd = "\nALTER SCHEMA " + Schema + " RENAME TO " + restoringSchema + ";\n" +
		"ALTER SCHEMA " + replacedSchema + " RENAME TO " + Schema + ";\nCOMMIT;\n"
)

// restoreLock keeps two restores from being in each other's way.
const restoreLock = migrationLock + 1

// RestoreParams says how a backup takes the place of what is there.
type RestoreParams struct {
	// Stage puts the backup beside the tables in use: the statements of it between
	// [StageBegin] and [StageEnd].
	Stage func(ctx context.Context) error
	// Allow is asked when all was checked, and refuses by an error.
	Allow func(r *Restored) error
	// DryRun only looks.
	DryRun bool
}

// Restored says what a backup holds and what it takes the place of.
type Restored struct {
	// Schema is the version of the schema in the backup.
	Schema   int               `json:"schema"`
	Projects []RestoredProject `json:"projects"`
	// Unsigned is how many decisions nobody signed that are not in the database now.
	Unsigned int `json:"unsigned"`
	// Lost are the projects that are in the database now, and not in the backup as
	// they are: how many of their events go.
	Lost []LostProject `json:"lost"`
	// Leftover is the schema of what was there, if it could not be removed.
	Leftover string `json:"leftover"`
}

// RestoredProject is a project in a backup.
type RestoredProject struct {
	ID     uuid.UUID `json:"id"`
	Slug   string    `json:"slug"`
	Events int64     `json:"events"`
	// Signed is how many decisions carry a signature that holds.
	Signed int `json:"signed"`
	// Repaired is how many places in what commands read were not as the log says.
	Repaired int `json:"repaired"`
}

// LostProject is a project of which events go.
type LostProject struct {
	ID     uuid.UUID `json:"id"`
	Events int64     `json:"events"`
}

// Restore has a backup take the place of everything in the database. It is checked
// whole before that: that this program knows its schema, every log, every signature.
// Until the last moment others use what is there; they see one or the other.
func (d *DB) Restore(ctx context.Context, p RestoreParams) (*Restored, error) {
	ctx, cancel := within(ctx, replayLimit)
	defer cancel()
	// A connection of its own, which knows no statements of before.
	conn, err := pgx.ConnectConfig(ctx, d.pool.Config().ConnConfig)
	if err != nil {
		return nil, translate(fmt.Errorf("connect: %w", err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // the transaction has ended
	var alone bool
	if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", restoreLock).Scan(&alone); err != nil {
		return nil, translate(fmt.Errorf("look for other restores: %w", err))
	}
	if !alone {
		return nil, fault.Conflict("restore_running", "another restore is under way").WithHint("wait for it; `layercake db status` shows who is connected")
	}
	if err := p.Stage(ctx); err != nil {
		return nil, err
	}
	defer dropStaged(context.WithoutCancel(ctx), conn)
	done := &Restored{Projects: []RestoredProject{}, Lost: []LostProject{}}
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if err := replace(ctx, tx, done); err != nil {
			return err
		}
		if p.DryRun {
			return errDryRun
		}
		if p.Allow != nil {
			if err := p.Allow(done); err != nil {
				return err
			}
		}
		return lockReplaced(ctx, tx, done)
	})
	switch {
	case errors.Is(err, errDryRun):
		return done, nil
	case err != nil:
		return nil, translate(err)
	}
	// Only now: whoever still reads what was there would have been waited for.
	if _, err := conn.Exec(ctx, "SET client_min_messages = warning; DROP SCHEMA "+replacedSchema+" CASCADE"); err != nil {
		done.Leftover = replacedSchema
	}
	// Statistics are not part of a backup, and plans without them are bad ones.
	for _, t := range project.Tables() {
		if _, err := conn.Exec(ctx, "ANALYZE "+Schema+"."+t.Name); err != nil {
			return done, translate(fmt.Errorf("take statistics: %w", err))
		}
	}
	return done, nil
}

// errDryRun ends a transaction that is not to be.
var errDryRun = errors.New("nothing is to be changed")

// dropStaged removes a backup that was put beside the tables in use and did not take
// their place. The next restore removes it if this fails.
func dropStaged(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	_, _ = conn.Exec(ctx, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS "+restoringSchema+" CASCADE")
}

// replace gives the backup the name of what is in use, brings it to today's schema
// and checks it, all in a transaction that others do not see.
func replace(ctx context.Context, tx pgx.Tx, done *Restored) error {
	if _, err := tx.Exec(ctx, rebuildIdle); err != nil {
		return fmt.Errorf("set a time-out: %w", err)
	}
	_, err := tx.Exec(ctx, "ALTER SCHEMA "+Schema+" RENAME TO "+replacedSchema+"; ALTER SCHEMA "+restoringSchema+" RENAME TO "+Schema)
	if err != nil {
		return fmt.Errorf("put the backup in place: %w", err)
	}
	steps, err := migrations()
	if err != nil {
		return err
	}
	if err := tx.QueryRow(ctx, "SELECT version FROM "+Schema+".schema_info").Scan(&done.Schema); err != nil {
		return notABackup("it does not say which schema it has", err)
	}
	if done.Schema > len(steps) {
		return fault.Conflict("schema_newer", "the backup has schema %d, and this LayerCake knows %d", done.Schema, len(steps)).
			WithHint("install the newest release, then try again; `layercake version` shows this one's")
	}
	if err := applySteps(ctx, tx, done.Schema, steps); err != nil {
		return err
	}
	streams, err := listStreams(ctx, dbsqlc.New(tx))
	if err != nil {
		return err
	}
	for _, s := range streams {
		if err := checkRestored(ctx, tx, s.Project, done); err != nil {
			return err
		}
	}
	return lost(ctx, tx, done)
}

func notABackup(problem string, err error) error {
	return fault.Usage("not_a_backup", "it is not a backup of LayerCake's database: %s", problem).Wrap(err).
		WithHint("a file that `layercake db backup` wrote is one")
}

// txLog reads the log in a transaction.
type txLog struct{ tx pgx.Tx }

func (l txLog) Head(ctx context.Context, id uuid.UUID) (core.Head, error) {
	return readHead(ctx, dbsqlc.New(l.tx), id)
}

func (l txLog) Stream(ctx context.Context, id uuid.UUID, after int64, fn func(*event.Envelope) error) error {
	return scanStream(ctx, l.tx, id, after, fn)
}

func (l txLog) Guards(ctx context.Context) ([]core.Guard, error) {
	return readGuards(ctx, dbsqlc.New(l.tx))
}

// checkRestored checks one log of a backup, and puts right what commands read.
func checkRestored(ctx context.Context, tx pgx.Tx, id uuid.UUID, done *Restored) error {
	audit, err := core.VerifyLog(ctx, txLog{tx}, id)
	if err != nil {
		return err
	}
	if !audit.OK {
		return fault.Conflict("backup_broken", "the backup does not verify, in project %s: %s", id, audit.Summary()).
			WithHint("use another backup; `layercake db restore --dry-run FILE` says what is in one")
	}
	found, err := compare(ctx, tx, id)
	if err == nil {
		err = unstage(ctx, tx)
	}
	if err == nil && len(found) > 0 {
		err = rebuild(ctx, tx, id)
	}
	if err != nil {
		return err
	}
	var slug string
	err = tx.QueryRow(ctx, "SELECT coalesce((SELECT slug FROM "+Schema+".projects WHERE project_id = $1), '')", id).Scan(&slug)
	if err != nil {
		return fmt.Errorf("read the project's name: %w", err)
	}
	var known int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM `+Schema+`.events r JOIN `+replacedSchema+`.events b USING (project_id, version, hash)
		WHERE r.project_id = $1 AND r.version = ANY($2)`, id, audit.Unsigned).Scan(&known)
	if err != nil {
		return fmt.Errorf("look for the decisions: %w", err)
	}
	done.Unsigned += len(audit.Unsigned) - known
	done.Projects = append(done.Projects, RestoredProject{ID: id, Slug: slug, Events: audit.Events, Signed: audit.Signed, Repaired: len(found)})
	return nil
}

// lost finds out what is there now and not in the backup.
func lost(ctx context.Context, tx pgx.Tx, done *Restored) error {
	rows, err := tx.Query(ctx, `SELECT b.project_id, count(*) FROM `+replacedSchema+`.events b
		LEFT JOIN `+Schema+`.events r USING (project_id, version, hash) WHERE r.version IS NULL GROUP BY 1 ORDER BY 1`)
	if err != nil {
		return fmt.Errorf("look for what goes: %w", err)
	}
	done.Lost, err = pgx.CollectRows(rows, pgx.RowToStructByPos[LostProject])
	if err != nil {
		return fmt.Errorf("look for what goes: %w", err)
	}
	return nil
}

// lockReplaced keeps others from writing to what goes, and makes sure that it is no
// more than was said.
func lockReplaced(ctx context.Context, tx pgx.Tx, done *Restored) error {
	if _, err := tx.Exec(ctx, "LOCK TABLE "+replacedSchema+".streams IN EXCLUSIVE MODE"); err != nil {
		return fmt.Errorf("wait for those who write: %w", err)
	}
	before := done.lostEvents()
	if err := lost(ctx, tx, done); err != nil {
		return err
	}
	if now := done.lostEvents(); now != before {
		return fault.Conflict("database_moved_on", "somebody wrote while the backup was restored: %d events more would go; nothing was changed", now-before).
			WithHint("try again; `layercake db status` shows who is connected")
	}
	return nil
}

func (r *Restored) lostEvents() int64 {
	sum := int64(0)
	for _, p := range r.Lost {
		sum += p.Events
	}
	return sum
}
