package db

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// RiverSchema is the schema that holds the tables of the job queue.
const RiverSchema = "river"

// riverVersions says which version of the queue's schema belongs to which version
// of ours, from that one on. A newer library is taken up with a migration of ours.
func riverVersions() map[int]int { return map[int]int{9: 8} }

// applyRiver brings the queue's tables to the version that belongs to ours, in the
// same transaction.
func applyRiver(ctx context.Context, tx pgx.Tx, have, want int) error {
	target := 0
	for ours, theirs := range riverVersions() {
		if ours > have && ours <= want {
			target = max(target, theirs)
		}
	}
	if target == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+RiverSchema); err != nil {
		return fmt.Errorf("create the queue's schema: %w", err)
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(nil), &rivermigrate.Config{Schema: RiverSchema})
	if err != nil {
		return fmt.Errorf("prepare the queue's migrations: %w", err)
	}
	_, err = migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, &rivermigrate.MigrateOpts{TargetVersion: target})
	if err != nil {
		return fmt.Errorf("migrate the queue to version %d: %w", target, err)
	}
	return nil
}
