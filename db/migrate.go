package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// minCompatible is the least schema version that a program must know to write
// to a database of today's schema. Raise it with a migration that older
// programs would damage.
const minCompatible = 9

// migrationLock serialises migrations: "layercake" as digits of a phone.
const migrationLock = 529372253

// migration is one step of the schema.
type migration struct {
	version int
	name    string
	sql     string
}

// migrations returns all steps in order. Files are named NNNN_subject.sql.
func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	slices.Sort(names)
	steps := make([]migration, 0, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s is out of order: number %d was expected", name, i+1)
		}
		sql, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		steps = append(steps, migration{version, name, string(sql)})
	}
	return steps, nil
}

// SchemaVersion is the newest schema version that this program knows.
func SchemaVersion() (int, error) {
	steps, err := migrations()
	return len(steps), err
}

// prepare checks the schema and, when allowed, brings it up to date. On a
// database that is up to date it costs one query.
func (d *DB) prepare(ctx context.Context, migrate bool) error {
	known, err := SchemaVersion()
	if err != nil {
		return err
	}
	info, err := d.schemaInfo(ctx)
	switch {
	case isUndefinedTable(err):
		if err := d.notForeign(ctx); err != nil {
			return err
		}
		if !migrate {
			return fault.Conflict("schema_missing", "the database has not been set up for LayerCake").
				WithHint("run `layercake db migrate`")
		}
	case errors.Is(err, pgx.ErrNoRows):
		return fault.Conflict("schema_broken", "the database has LayerCake's tables, but not their version").
			WithHint("restore it from a backup; `layercake doctor` says where the data is")
	case err != nil:
		return translate(err)
	case int(info.MinCompatible) > known:
		return fault.Conflict("schema_newer", "the database has schema %d and needs a newer LayerCake than this one, which knows %d", info.Version, known).
			WithHint("run `layercake version`, then install the newest release")
	case int(info.Version) >= known:
		d.id = info.DatabaseID
		return nil
	case !migrate:
		return fault.Conflict("schema_older", "the database has schema %d, and this LayerCake needs %d", info.Version, known).
			WithHint("run `layercake db migrate`")
	}
	return d.Migrate(ctx)
}

func (d *DB) schemaInfo(ctx context.Context) (dbsqlc.GetSchemaInfoRow, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	return dbsqlc.New(once{d.pool}).GetSchemaInfo(ctx)
}

// once runs queries without preparing them, which saves a round trip for one that
// is not asked again.
type once struct{ *pgxpool.Pool }

// QueryRow runs a query whose result is one row.
func (o once) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return o.Pool.QueryRow(ctx, sql, append([]any{pgx.QueryExecModeExec}, args...)...)
}

// Migrate brings the schema up to date. Any number of processes may call it at
// once: one does the work, the others wait for it.
func (d *DB) Migrate(ctx context.Context) error {
	steps, err := migrations()
	if err != nil {
		return err
	}
	err = d.tx(ctx, replayLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		// Waiting for another migration may take longer than for a write.
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '60s'"); err != nil {
			return fmt.Errorf("set the lock's time-out: %w", err)
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
			return fmt.Errorf("wait for other migrations: %w", err)
		}
		return d.apply(ctx, tx, steps)
	})
	if err != nil {
		return err
	}
	info, err := d.schemaInfo(ctx)
	if err != nil {
		return translate(fmt.Errorf("read the schema's version: %w", err))
	}
	d.id = info.DatabaseID
	return nil
}

// apply runs the steps that are still to be done, all in one transaction.
func (d *DB) apply(ctx context.Context, tx pgx.Tx, steps []migration) error {
	var have int
	if _, err := tx.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+Schema); err != nil {
		return fmt.Errorf("create the schema: %w", err)
	}
	var exists bool
	if err := tx.QueryRow(ctx, "SELECT to_regclass('"+Schema+".schema_info') IS NOT NULL").Scan(&exists); err != nil {
		return fmt.Errorf("look for the schema: %w", err)
	}
	if exists {
		if err := tx.QueryRow(ctx, "SELECT version FROM schema_info").Scan(&have); err != nil {
			return fmt.Errorf("read the schema's version: %w", err)
		}
	}
	if have >= len(steps) {
		return nil
	}
	if err := d.applyRiver(ctx, have, len(steps)); err != nil {
		return err
	}
	return applySteps(ctx, tx, have, steps)
}

// applySteps runs the steps after the one that the database has.
func applySteps(ctx context.Context, tx pgx.Tx, have int, steps []migration) error {
	if have >= len(steps) {
		return nil
	}
	for _, step := range steps[have:] {
		// Without arguments the simple protocol takes several statements.
		if _, err := tx.Exec(ctx, step.sql); err != nil {
			return fmt.Errorf("migration %s: %w", step.name, err)
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO schema_info (version, min_compatible) VALUES ($1, $2)
		ON CONFLICT (only_row) DO UPDATE SET version = $1, min_compatible = $2, migrated_at = now()`, len(steps), minCompatible)
	if err != nil {
		return fmt.Errorf("record the schema's version: %w", err)
	}
	return nil
}

// notForeign refuses a database in which the schema's name is taken by
// something that is not LayerCake's.
func (d *DB) notForeign(ctx context.Context) error {
	var tables int
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	err := d.pool.QueryRow(ctx, "SELECT count(*) FROM pg_tables WHERE schemaname = $1", Schema).Scan(&tables)
	if err != nil {
		return translate(fmt.Errorf("look at the database: %w", err))
	}
	if tables > 0 {
		return fault.Conflict("database_foreign", "the database has a schema %q that is not LayerCake's; it is left alone", Schema).
			WithHint("name another database in LAYERCAKE_DATABASE_URL; `layercake config list --show-origin` shows today's")
	}
	return nil
}

func isUndefinedTable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == codeUndefinedTable
}
