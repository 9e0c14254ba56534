package db

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Redact takes texts out of a project's log. Under the project's lock it works
// out the new payloads, appends the events that vouch for them, replaces the
// payloads, makes the projections anew and cleans what is kept of the markdown
// files. A trigger refuses each payload that no event vouches for.
func (d *DB) Redact(ctx context.Context, r core.Redact) (core.Receipt, error) {
	if r.Key == "" {
		r.Key = uuid.NewString()
	}
	var receipt core.Receipt
	err := d.tx(ctx, replayLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		receipt, err = redact(ctx, tx, &r)
		return err
	})
	return receipt, err
}

// replaced is an event's new payload.
type replaced struct {
	version int64
	payload json.RawMessage
}

func redact(ctx context.Context, tx pgx.Tx, r *core.Redact) (core.Receipt, error) {
	under, err := lockStream(ctx, tx, r.Project)
	if err != nil {
		return core.Receipt{}, err
	}
	found, payloads, err := redactions(ctx, tx, r)
	if err != nil {
		return core.Receipt{}, err
	}
	if err := redactRenderings(ctx, tx, r); err != nil {
		return core.Receipt{}, err
	}
	r.Write.Command = r.Command(found)
	var b pgx.Batch
	queueState(&b, r.Project, r.Write.Command.Needs(), under.state)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return core.Receipt{}, fmt.Errorf("read the state: %w", err)
	}
	receipt, err := appendWithin(ctx, tx, &r.Write, under)
	if err != nil || len(receipt.Events) == 0 {
		return receipt, err
	}
	q := dbsqlc.New(tx)
	for _, p := range payloads {
		err := q.RedactPayload(ctx, dbsqlc.RedactPayloadParams{Stream: r.Project, At: p.version, Replacement: p.payload})
		if err != nil {
			return core.Receipt{}, fmt.Errorf("replace the payload of event %d: %w", p.version, err)
		}
	}
	return receipt, rebuild(ctx, tx, r.Project)
}

func lockStream(ctx context.Context, tx pgx.Tx, id uuid.UUID) (*locked, error) {
	l := &locked{state: &project.State{}}
	err := l.scanStream(tx.QueryRow(ctx, dbsqlc.LockStream, id))
	if errors.Is(err, errNoStream) {
		return nil, fault.NotFound("project_not_found", "the project does not exist").WithHint("run `layercake project list`")
	}
	return l, err
}

// redactions works out what is to be replaced by what.
func redactions(ctx context.Context, tx pgx.Tx, r *core.Redact) ([]project.Redaction, []replaced, error) {
	var found []project.Redaction
	var payloads []replaced
	err := scanStream(ctx, tx, r.Project, 0, func(e *event.Envelope) error {
		payload, fields, err := r.Payload(e)
		if err != nil || len(fields) == 0 {
			return err
		}
		if _, err := event.Decode(e.Type, e.SchemaVersion, payload); err != nil {
			return fmt.Errorf("event %d would not be readable any more: %w", e.Version, err)
		}
		found = append(found, project.Redaction{
			Version: e.Version, OldHash: sha256.Sum256(e.Payload), NewHash: sha256.Sum256(payload), Fields: fields,
		})
		payloads = append(payloads, replaced{e.Version, bytes.Clone(payload)})
		return nil
	})
	return found, payloads, err
}

// appendWithin decides and appends within a transaction that goes on.
func appendWithin(ctx context.Context, tx pgx.Tx, w *core.Write, under *locked) (core.Receipt, error) {
	now := event.Truncate(w.Now)
	if now.Before(under.recordedAt) {
		now = under.recordedAt
	}
	none := core.Receipt{First: under.version + 1, Last: under.version}
	payloads, err := w.Command.Decide(under.state, project.Meta{Actor: w.Actor, Now: now, Version: under.version, Head: under.head})
	if err != nil || len(payloads) == 0 {
		return none, err
	}
	events, err := seal(w, under, now, payloads)
	if err != nil {
		return none, err
	}
	request, err := requestHash(w.Command)
	if err != nil {
		return none, err
	}
	var b pgx.Batch
	last := len(events) - 1
	for i := range events[:last] {
		b.Queue(dbsqlc.InsertEvent, eventArgs(&events[i])...)
	}
	b.Queue(dbsqlc.InsertLastEvent, append(eventArgs(&events[last]), w.Key, w.Command.CommandName(), request, events[0].Version)...)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return none, fmt.Errorf("append: %w", err)
	}
	return core.Receipt{First: events[0].Version, Last: events[last].Version, Events: events}, nil
}

// rebuild makes a project's projections anew from its log.
func rebuild(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	rows, _, err := fold(ctx, tx, id, math.MaxInt64)
	if err != nil {
		return err
	}
	for _, t := range project.Tables() {
		if _, err := tx.Exec(ctx, "DELETE FROM "+Schema+"."+t.Name+" WHERE project_id = $1", id); err != nil {
			return fmt.Errorf("empty %s: %w", t.Name, err)
		}
		if err := copyRows(ctx, tx, rows, Schema, t); err != nil {
			return err
		}
	}
	return nil
}

// redactRenderings cleans the markdown files that are kept. They stay under the
// hash that they had: it tells a file on disk that nobody edited from one that
// somebody did.
func redactRenderings(ctx context.Context, tx pgx.Tx, r *core.Redact) error {
	q := dbsqlc.New(tx)
	kept, err := q.ListRenderings(ctx, r.Project)
	if err != nil {
		return fmt.Errorf("list the renderings: %w", err)
	}
	for i := range kept {
		content, err := unpack(kept[i].Content)
		if err != nil {
			return err
		}
		clean := r.Rendering(content)
		if bytes.Equal(clean, content) {
			continue
		}
		packed, err := pack(clean)
		if err != nil {
			return err
		}
		err = q.ReplaceRendering(ctx, dbsqlc.ReplaceRenderingParams{
			ProjectID: r.Project, File: kept[i].File, BodySha256: kept[i].BodySha256, Content: packed,
		})
		if err != nil {
			return fmt.Errorf("clean the rendering of %s: %w", kept[i].File, err)
		}
	}
	return nil
}
