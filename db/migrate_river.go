package db

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// RiverSchema is the schema that holds the tables of the job queue.
const RiverSchema = "river"

// riverVersions says which version of the queue's schema belongs to which version
// of ours, from that one on. A newer library is taken up with a migration of ours.
func riverVersions() map[int]int { return map[int]int{9: 8} } //nolint:mnd // versions

// applyRiver brings the queue's tables to the version that belongs to ours. It does so
// in transactions of its own, over a connection of its own, because Postgres does not
// use a new value of an enumeration before it is committed: the caller holds the lock
// meanwhile. What a killed process leaves behind is gone on with.
func (d *DB) applyRiver(ctx context.Context, have, want int) error {
	target := 0
	for ours, theirs := range riverVersions() {
		if ours > have && ours <= want {
			target = max(target, theirs)
		}
	}
	if target == 0 {
		return nil
	}
	cfg := d.pool.Config().Copy()
	cfg.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+RiverSchema); err != nil {
		return fmt.Errorf("create the queue's schema: %w", err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: RiverSchema, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return fmt.Errorf("prepare the queue's migrations: %w", err)
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: target})
	if err != nil {
		return fmt.Errorf("migrate the queue to version %d: %w", target, err)
	}
	return nil
}
