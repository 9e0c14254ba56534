package db

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"github.com/layercake-dev/layercake/core/search"
)

// fetching is one request for chunks.
type fetching struct {
	index int32
	want  search.Want
	v     *vectorType
	rows  []search.ChunkRow
	seen  map[search.Ref]bool
	// near is how many rows came by their vectors, and graph says that there is an
	// index that may have missed some.
	near  int
	graph bool
}

// Fetch fetches chunks with their files and vectors, in one round trip.
func (s *searchStore) Fetch(ctx context.Context, index int32, w search.Want) ([]search.ChunkRow, error) {
	v, err := s.vectorInfo(ctx)
	if err != nil {
		return nil, err
	}
	if v != nil && !v.tables {
		v = nil
	}
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, translate(fmt.Errorf("connect: %w", err))
	}
	defer conn.Release() // one that is left inside a transaction is closed by the pool
	f := &fetching{index: index, want: w, v: v, seen: map[search.Ref]bool{}}
	if v != nil {
		v.register(conn.Conn())
	}
	err = f.run(ctx, conn.Conn(), false)
	if err == nil && f.graph && f.near < w.Most {
		// The graph gave fewer than were asked for: look at all.
		err = f.run(ctx, conn.Conn(), true)
	}
	if isUndefinedTable(err) {
		s.vectors.Store(nil) // the database was restored from a backup meanwhile
	}
	if err != nil {
		return nil, translate(fmt.Errorf("read chunks: %w", err))
	}
	return f.rows, nil
}

// run asks once, all as it is at one moment.
func (f *fetching) run(ctx context.Context, conn *pgx.Conn, exact bool) error {
	f.rows, f.near = f.rows[:0], 0
	clear(f.seen)
	var b pgx.Batch
	b.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	if len(f.want.Chunks) > 0 {
		files, ordinals := make([]int32, len(f.want.Chunks)), make([]int32, len(f.want.Chunks))
		for i, r := range f.want.Chunks {
			files[i], ordinals[i] = r.File, r.Ordinal
		}
		b.Queue(f.columns()+" FROM (SELECT unnest($2::int[]) AS file_id, unnest($3::int[]) AS ordinal) w"+f.joins("w"), f.index, files, ordinals).
			Query(func(rows pgx.Rows) error { return f.scan(rows, nil) })
	}
	if f.v != nil && f.want.Near != nil && f.want.Most > 0 {
		f.queueNear(&b, exact)
	}
	b.Queue("COMMIT")
	return conn.SendBatch(ctx, &b).Close()
}

// columns and joins read what is kept of a chunk that is named.
func (f *fetching) columns() string {
	vector := "NULL::text"
	if f.v != nil {
		vector = "v.v"
	}
	return "SELECT c.file_id, c.ordinal, c.start_line, c.end_line, c.symbol, c.kind, c.signature, c.defines, c.content_hash, " +
		"f.path, f.language, f.size, f.modified_ns, f.hash, f.chunks, " + vector
}

func (f *fetching) joins(named string) string {
	sql := " JOIN search_chunks c ON c.index_id = $1 AND c.file_id = " + named + ".file_id AND c.ordinal = " + named + ".ordinal" +
		" JOIN search_files f ON f.index_id = $1 AND f.file_id = c.file_id"
	if f.v != nil {
		sql += " LEFT JOIN " + localVectors + " v ON v.index_id = $1 AND v.file_id = c.file_id AND v.ordinal = c.ordinal"
	}
	return sql
}

// queueNear asks for the nearest chunks. The index is written into the statement,
// so that its own graph can be used for it.
func (f *fetching) queueNear(b *pgx.Batch, exact bool) {
	only := f.want.Files != nil
	f.v.queueSettings(b, f.want.Most, exact || only)
	args := []any{f.index, pgvector.NewHalfVector(f.want.Near).String(), f.want.Most}
	where := " WHERE index_id = " + strconv.Itoa(int(f.index))
	if only {
		where += " AND file_id = ANY($4)"
		args = append(args, f.want.Files)
	}
	distance := "v " + f.v.by() + " $2::text::" + f.v.typed()
	b.Queue(f.columns()+" FROM (SELECT file_id, ordinal FROM "+localVectors+where+" ORDER BY "+distance+" LIMIT $3) n"+f.joins("n"), args...).
		Query(func(rows pgx.Rows) error { return f.scan(rows, &f.near) })
	if !exact && !only {
		b.Queue("SELECT to_regclass($1) IS NOT NULL", Schema+"."+graphName(localVectors, f.index)).QueryRow(func(row pgx.Row) error {
			return row.Scan(&f.graph)
		})
	} else {
		f.graph = false
	}
}

// queueSettings says how the nearest are looked for: among all, or by the graph if
// there is one.
func (v *vectorType) queueSettings(b *pgx.Batch, most int, exact bool) {
	if exact {
		// Of a few files the graph would return hardly any.
		b.Queue("SET LOCAL enable_indexscan = off")
		return
	}
	if v.major > 0 || v.minor >= 8 { // 0.8 brought iterative scans
		b.Queue("SET LOCAL hnsw.iterative_scan = relaxed_order")
	}
	b.Queue("SET LOCAL hnsw.ef_search = " + strconv.Itoa(min(max(most, hnswSearch), hnswSearchMost)))
}

func (f *fetching) scan(rows pgx.Rows, count *int) error {
	var r search.ChunkRow
	var vector *pgvector.HalfVector
	_, err := pgx.ForEachRow(rows, []any{
		&r.File, &r.Ordinal, &r.StartLine, &r.EndLine, &r.Symbol, &r.Kind, &r.Signature, &r.Defines, &r.ContentHash,
		&r.In.Path, &r.In.Language, &r.In.Size, &r.In.Modified, &r.In.Hash, &r.In.Chunks, &vector,
	}, func() error {
		if count != nil {
			*count++
		}
		if !f.seen[r.Ref] {
			f.seen[r.Ref] = true
			r.In.ID = r.File
			if vector != nil {
				r.Vector = vector.Slice()
			}
			f.rows = append(f.rows, r)
		}
		r, vector = search.ChunkRow{}, nil
		return nil
	})
	return err //nolint:wrapcheck // the caller wraps it
}
