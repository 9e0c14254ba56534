package db

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/klauspost/compress/zstd"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// keptRenderings is how many renderings of a file are kept. Older ones are found
// in the history of the repository, if somebody committed them.
const keptRenderings = 200

// maxRendering bounds what a rendering unpacks to, in bytes.
const maxRendering = 256 << 20

// PutRendering keeps a markdown file as it was written, and lets go of old ones.
func (d *DB) PutRendering(ctx context.Context, r core.Rendering) error {
	content, err := pack(r.Content)
	if err != nil {
		return err
	}
	return d.tx(ctx, readLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		q := dbsqlc.New(tx)
		err := q.PutRendering(ctx, dbsqlc.PutRenderingParams{
			ProjectID: r.Project, File: r.File, BodySha256: r.BodySHA256, Version: r.Version, Content: content,
		})
		if err != nil {
			return fmt.Errorf("keep the rendering of %s: %w", r.File, err)
		}
		err = q.PruneRenderings(ctx, dbsqlc.PruneRenderingsParams{ProjectID: r.Project, File: r.File, Kept: keptRenderings})
		if err != nil {
			return fmt.Errorf("let go of old renderings of %s: %w", r.File, err)
		}
		return nil
	})
}

// Rendering returns a markdown file as it was written, by the hash of the bytes
// before its stamp, or nil when it is not kept.
func (d *DB) Rendering(ctx context.Context, id uuid.UUID, file string, bodySHA256 []byte) ([]byte, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	packed, err := dbsqlc.New(d.pool).GetRendering(ctx, dbsqlc.GetRenderingParams{ProjectID: id, File: file, BodySha256: bodySHA256})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, translate(fmt.Errorf("look up the rendering of %s: %w", file, err))
	}
	return unpack(packed)
}

// Renderings calls fn with each markdown file of a project as it was kept.
func (d *DB) Renderings(ctx context.Context, id uuid.UUID, fn func(file string, content []byte) error) error {
	kept, err := dbsqlc.New(d.pool).ListRenderings(ctx, id)
	if err != nil {
		return translate(fmt.Errorf("list the renderings: %w", err))
	}
	for i := range kept {
		content, err := unpack(kept[i].Content)
		if err != nil {
			return err
		}
		if err := fn(kept[i].File, content); err != nil {
			return err
		}
	}
	return nil
}

// pack compresses a rendering.
func pack(content []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("compress a rendering: %w", err)
	}
	defer func() { _ = w.Close() }() // writes nothing: EncodeAll is whole
	return w.EncodeAll(content, nil), nil
}

// unpack is the inverse of pack.
func unpack(packed []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRendering))
	if err != nil {
		return nil, fmt.Errorf("unpack a rendering: %w", err)
	}
	defer r.Close()
	content, err := r.DecodeAll(packed, nil)
	if err != nil {
		return nil, fault.Failed("rendering_damaged", "a markdown file that is kept in the database cannot be unpacked").
			WithHint("run `layercake db verify`").Wrap(err)
	}
	return content, nil
}

// SyncedFiles lists how far the files of a project were taken in.
func (d *DB) SyncedFiles(ctx context.Context, id uuid.UUID) ([]core.SyncedFile, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(d.pool).ListSyncedFiles(ctx, id)
	if err != nil {
		return nil, translate(fmt.Errorf("list the files: %w", err))
	}
	return convert(rows, func(r *dbsqlc.SyncedFile) core.SyncedFile {
		return core.SyncedFile{File: r.File, Source: r.Source, Version: r.Version, BodySHA256: r.BodySha256}
	}), nil
}

// PutSyncedFile remembers how far a file was taken in.
func (d *DB) PutSyncedFile(ctx context.Context, id uuid.UUID, f core.SyncedFile) error {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	err := dbsqlc.New(d.pool).PutSyncedFile(ctx, dbsqlc.PutSyncedFileParams{
		ProjectID: id, File: f.File, Source: f.Source, Version: f.Version, BodySha256: f.BodySHA256,
	})
	if err != nil {
		return translate(fmt.Errorf("remember how far %s was taken in: %w", f.File, err))
	}
	return nil
}

func toFileText(r *dbsqlc.FileText) project.FileText {
	return project.FileText{File: r.File, Anchor: r.Anchor, Body: r.Body}
}

func toSyncConflict(r *dbsqlc.SyncConflict) project.SyncConflict {
	return project.SyncConflict{
		ID: r.ConflictID, File: r.File, Record: r.Record, Field: r.Field, Base: r.Base, Ours: r.Ours, Theirs: r.Theirs,
		Reason: r.Reason, Status: r.Status, Choice: r.Choice, FoundBy: r.FoundBy,
	}
}

func (r *reader) FileTexts(ctx context.Context) ([]project.FileText, error) {
	rows, err := r.q.ListFileTexts(ctx, r.id)
	return list("texts of the files", rows, err, toFileText)
}

func (r *reader) SyncConflicts(ctx context.Context, all bool) ([]project.SyncConflict, error) {
	rows, err := r.q.ListSyncConflicts(ctx, dbsqlc.ListSyncConflictsParams{ProjectID: r.id, AllOfThem: all})
	return list("conflicts", rows, err, toSyncConflict)
}
