package db

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// indexLimit is for one transaction of an indexing, which may be large.
const indexLimit = 5 * time.Minute

// searchStore keeps the indexes of code search.
type searchStore struct {
	*DB

	// vectors remembers pgvector, once its tables are there.
	vectors atomic.Pointer[vectorType]
}

var _ search.Store = (*searchStore)(nil)

// Search returns what keeps the indexes of code search.
func (d *DB) Search() search.Store { return &searchStore{DB: d} }

// Indexes lists the indexes of a project.
func (s *searchStore) Indexes(ctx context.Context, id uuid.UUID) ([]search.Index, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(s.pool).SearchIndexes(ctx, id)
	if err != nil {
		return nil, translate(fmt.Errorf("list the indexes: %w", err))
	}
	return convert(rows, toIndex), nil
}

// Find returns the index of a checkout, or nil.
func (s *searchStore) Find(ctx context.Context, c search.Checkout) (*search.Index, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	row, err := dbsqlc.New(s.pool).SearchIndexOf(ctx, dbsqlc.SearchIndexOfParams{ProjectID: c.Project, Host: c.Host, Root: c.Root})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil //nolint:nilnil // the interface says so
	case err != nil:
		return nil, translate(fmt.Errorf("look for the index of %s: %w", c.Root, err))
	}
	found := toIndex(&row)
	return &found, nil
}

// Add makes an empty index of a checkout, if there is none, and returns it.
func (s *searchStore) Add(ctx context.Context, c search.Checkout, format int) (*search.Index, error) {
	limited, cancel := within(ctx, readLimit)
	defer cancel()
	err := dbsqlc.New(s.pool).AddSearchIndex(limited, dbsqlc.AddSearchIndexParams{
		ProjectID: c.Project, Host: c.Host, Root: c.Root, Format: int32(format), //nolint:gosec // formats are few
	})
	if err != nil {
		return nil, translate(fmt.Errorf("make an index of %s: %w", c.Root, err))
	}
	return s.Find(ctx, c)
}

// Move gives an index to another folder.
func (s *searchStore) Move(ctx context.Context, index int32, root string) (bool, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	n, err := dbsqlc.New(s.pool).MoveSearchIndex(ctx, dbsqlc.MoveSearchIndexParams{Root: root, IndexID: index})
	if hasCode(err, codeUniqueViolation) {
		return false, nil
	}
	if err != nil {
		return false, translate(fmt.Errorf("move an index to %s: %w", root, err))
	}
	return n > 0, nil
}

// Remove removes an index and all that is in it. Whoever writes to it finds that
// the run is gone.
func (s *searchStore) Remove(ctx context.Context, index int32) (bool, error) {
	tables, err := s.vectorTables(ctx)
	if err != nil {
		return false, err
	}
	for _, table := range tables {
		if err := s.dropGraph(ctx, graphName(table, index)); err != nil {
			return false, err
		}
	}
	var there bool
	err = s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		q := dbsqlc.New(tx)
		// First what locks out those who write.
		n, err := q.RemoveSearchIndex(ctx, index)
		if err != nil {
			return fmt.Errorf("remove the index: %w", err)
		}
		there = n > 0
		return s.empty(ctx, tx, index, tables)
	})
	return there, err
}

// empty removes all that is in an index.
func (s *searchStore) empty(ctx context.Context, tx pgx.Tx, index int32, vectorTables []string) error {
	var b pgx.Batch
	for _, sql := range []string{
		dbsqlc.RemoveSearchSegments, dbsqlc.RemoveSearchFiles, dbsqlc.RemoveSearchChunks, dbsqlc.RemoveSearchSymbols,
		dbsqlc.RemoveSearchPostings, dbsqlc.RemoveSearchModelTerms, dbsqlc.RemoveSearchModel,
	} {
		b.Queue(sql, index)
	}
	for _, table := range vectorTables {
		b.Queue("DELETE FROM "+table+" WHERE index_id = $1", index)
	}
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return fmt.Errorf("empty the index: %w", err)
	}
	return nil
}

// RemoveOrphans removes the indexes of projects that are gone.
func (s *searchStore) RemoveOrphans(ctx context.Context) error {
	limited, cancel := within(ctx, readLimit)
	defer cancel()
	orphans, err := dbsqlc.New(s.pool).OrphanedSearchIndexes(limited)
	if err != nil {
		return translate(fmt.Errorf("look for indexes of projects that are gone: %w", err))
	}
	for _, index := range orphans {
		if _, err := s.Remove(ctx, index); err != nil {
			return err
		}
	}
	return nil
}

// Size says how much is in an index.
func (s *searchStore) Size(ctx context.Context, index int32) (search.Size, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	q := dbsqlc.New(s.pool)
	total, err := q.SearchTotals(ctx, index)
	if err != nil {
		return search.Size{}, translate(fmt.Errorf("count the files: %w", err))
	}
	skipped, err := q.SkippedSearchFiles(ctx, index)
	if err != nil {
		return search.Size{}, translate(fmt.Errorf("count the files: %w", err))
	}
	size := search.Size{Files: int(total.Files), Bytes: total.Bytes, Chunks: int(total.Chunks), Skipped: map[string]int{}}
	for i := range skipped {
		size.Skipped[skipped[i].Skipped] = int(skipped[i].Files)
	}
	return size, nil
}

// Take takes the run of an index and returns nil, or returns the run of the process
// that has it.
func (s *searchStore) Take(ctx context.Context, index int32, by search.Holder, dead uuid.UUID) (*search.Run, error) {
	limited, cancel := within(ctx, readLimit)
	defer cancel()
	_, err := dbsqlc.New(s.pool).TakeSearchRun(limited, dbsqlc.TakeSearchRunParams{
		IndexID: index, Holder: by.ID, Host: by.Host, Pid: int32(by.PID), Process: by.Process, //nolint:gosec // process numbers fit
		LeaseSeconds: search.Lease.Seconds(), Phase: string(search.PhaseScan), Dead: dead,
	})
	switch {
	case err == nil:
		return nil, nil //nolint:nilnil // the interface says so
	case hasCode(err, codeForeignKey):
		return nil, search.ErrLost
	case !errors.Is(err, pgx.ErrNoRows):
		return nil, translate(fmt.Errorf("begin to index: %w", err))
	}
	run, err := s.Run(ctx, index)
	if run == nil && err == nil {
		// It ended between the two.
		run = &search.Run{}
	}
	return run, err
}

// Renew says that the holder lives and how far it came.
func (s *searchStore) Renew(ctx context.Context, h search.Hold, p search.Progress) error {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	n, err := dbsqlc.New(s.pool).RenewSearchRun(ctx, dbsqlc.RenewSearchRunParams{
		LeaseSeconds: search.Lease.Seconds(), Phase: string(p.Phase), IndexID: h.Index, Holder: h.ID,
		FilesDone: p.FilesDone, FilesTotal: p.FilesTotal, BytesDone: p.BytesDone, BytesTotal: p.BytesTotal,
	})
	if err != nil {
		return translate(fmt.Errorf("say how far the indexing is: %w", err))
	}
	if n == 0 {
		return search.ErrLost
	}
	return nil
}

// End lets go of a run, if the holder has it.
func (s *searchStore) End(ctx context.Context, h search.Hold) error {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	if err := dbsqlc.New(s.pool).EndSearchRun(ctx, dbsqlc.EndSearchRunParams{IndexID: h.Index, Holder: h.ID}); err != nil {
		return translate(fmt.Errorf("end the indexing: %w", err))
	}
	return nil
}

// Run returns who indexes or did not come to the end of it, or nil.
func (s *searchStore) Run(ctx context.Context, index int32) (*search.Run, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := dbsqlc.New(s.pool).GetSearchRun(ctx, index)
	if err != nil {
		return nil, translate(fmt.Errorf("look who indexes: %w", err))
	}
	if len(rows) == 0 {
		return nil, nil //nolint:nilnil // the interface says so
	}
	r := rows[0]
	return &search.Run{
		Holder: search.Holder{ID: r.Holder, Host: r.Host, PID: int(r.Pid), Process: r.Process},
		Progress: search.Progress{
			Phase: search.Phase(r.Phase), FilesDone: r.FilesDone, FilesTotal: r.FilesTotal, BytesDone: r.BytesDone, BytesTotal: r.BytesTotal,
		},
		BeganAt: r.BeganAt, RenewedAt: r.RenewedAt, Renewed: r.Renewed,
	}, nil
}

func toIndex(r *dbsqlc.SearchIndex) search.Index {
	return search.Index{
		ID: r.IndexID, Checkout: search.Checkout{Project: r.ProjectID, Host: r.Host, Root: r.Root}, Format: int(r.Format),
		Generation: r.Generation, NextFile: r.NextFile, NextSegment: r.NextSegment, Commit: r.CommitID, IndexedAt: r.IndexedAt,
		Took: time.Duration(r.TookMs) * time.Millisecond,
	}
}

// codeForeignKey is what Postgres says when the index of a run is gone.
const codeForeignKey = "23503"

// hasCode reports whether Postgres said this.
func hasCode(err error, code string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == code
}
