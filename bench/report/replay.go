//go:build unix

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
)

const sectionReplay = "Replay"

// scan reads what a replay reads, and does nothing with it.
func (r *rig) scan(ctx context.Context, id uuid.UUID) error {
	//nolint:unqueryvet // as the store reads them, and all are scanned
	rows, err := r.db.Pool().Query(ctx, `SELECT e.*, p.payload FROM layercake.events e JOIN layercake.event_payloads p USING (project_id, version)
		WHERE e.project_id = $1 ORDER BY e.version`, id)
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	defer rows.Close()
	var stream, correlation, causation [16]byte
	var version int64
	var schema int32
	var kind, actor, behalf, session string
	var payloadHash, prev, hash, payload []byte
	var occurred, recorded time.Time
	for rows.Next() {
		err := rows.Scan(&stream, &version, &kind, &schema, &payloadHash, &actor, &behalf, &session, &correlation, &causation,
			&occurred, &recorded, &prev, &hash, &payload)
		if err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	return rows.Err()
}

// replays measures decoding and folding a log beside a bare scan of it.
func (r *rig) replays(ctx context.Context) ([]*figure, error) {
	const rounds, least, ratio = 8, 300_000, 0.35
	perEvent := func(s *subject, fn func() error) func() (time.Duration, error) {
		return func() (time.Duration, error) {
			began := time.Now()
			err := fn()
			return time.Since(began) / time.Duration(s.events()), err
		}
	}
	fold := func(s *subject) func() error {
		return func() error { _, _, err := r.db.Fold(ctx, s.id); return err }
	}
	verify := func(s *subject) func() error {
		return func() error {
			v := event.NewVerifier(s.id)
			if err := r.db.Stream(ctx, s.id, 0, v.Next); err != nil {
				return err
			}
			return v.Done()
		}
	}
	rate := func(s *subject, fn func() error) (float64, error) {
		d, err := perEvent(s, fn)()
		return float64(time.Second) / float64(d), err
	}
	var scans, folds, verifies, hugeScans, hugeFolds sample
	for round := range r.rounds(rounds) + 1 {
		for _, m := range []struct {
			into *sample
			s    *subject
			fn   func() error
			skip bool
		}{
			{&scans, r.big, func() error { return r.scan(ctx, r.big.id) }, false},
			{&folds, r.big, fold(r.big), false},
			{&verifies, r.big, verify(r.big), false},
			{&hugeScans, r.huge, func() error { return r.scan(ctx, r.huge.id) }, round%2 == 0},
			{&hugeFolds, r.huge, fold(r.huge), round%2 == 0},
		} {
			if m.skip {
				continue
			}
			v, err := rate(m.s, m.fn)
			if err != nil {
				return nil, err
			}
			if round > 0 { // the first one warms up
				*m.into = append(*m.into, v)
			}
		}
	}
	size := float64(r.big.events())
	at := func(s *subject) string { return group(int64(s.events())) + " events" }
	return []*figure{
		newFigure(sectionReplay, "decode and fold, "+at(r.big), perSecond, folds.at(half)).goal(least).besides("scan", scans.at(half), ratio).
			tenfold(size, hugeFolds.at(half)),
		newFigure(sectionReplay, "decode and fold, "+at(r.huge), perSecond, hugeFolds.at(half)).goal(least).besides("scan", hugeScans.at(half), ratio),
		newFigure(sectionReplay, "verify the chain, "+at(r.big), perSecond, verifies.at(half)).besides("scan", scans.at(half), nan),
	}, nil
}
