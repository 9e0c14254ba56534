package db

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
)

const (
	// wholeDims is the length of the vectors that are kept in full precision: those
	// of the provider's model that is used where no other is named. Others are kept
	// in half precision, as graphs on more than 2 000 numbers need it.
	wholeDims = 1536
	// mostDims is the most that a graph takes.
	mostDims = 4000
)

// providerTable is the table of the providers' vectors of one length.
func providerTable(dims int) string { return localVectors + "_" + strconv.Itoa(dims) }

// providerType is what the vectors of one length are kept as.
func providerType(dims int) string {
	if dims == wholeDims {
		return "vector"
	}
	return "halfvec"
}

// PrepareProvider makes the table for vectors of a length if the database can have
// it. It returns why not, in a sentence, or "".
func (s *searchStore) PrepareProvider(ctx context.Context, dims int) (string, error) {
	if dims < 1 || dims > mostDims {
		return "", fault.Usage("invalid_dimensions", "vectors have 1 to %d numbers, not %d", mostDims, dims).
			WithHint("see which dimensions the model has; `layercake config list` shows what is set")
	}
	missing, err := s.PrepareVectors(ctx)
	if missing != "" || err != nil {
		return missing, err
	}
	v, err := s.vectorInfo(ctx)
	if err != nil {
		return "", err
	}
	table := providerTable(dims)
	var exists bool
	limited, cancel := within(ctx, readLimit)
	defer cancel()
	if err := s.pool.QueryRow(limited, "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists); err != nil {
		return "", translate(fmt.Errorf("look for the table of vectors: %w", err))
	}
	if exists {
		return "", nil
	}
	err = s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
			return fmt.Errorf("wait for others: %w", err)
		}
		for _, sql := range []string{
			"CREATE TABLE IF NOT EXISTS " + table + " (index_id integer NOT NULL, file_id integer NOT NULL, ordinal integer NOT NULL, " +
				"model text COLLATE \"C\" NOT NULL, v " +
				v.named(providerType(dims)) + "(" + strconv.Itoa(dims) + ") NOT NULL, PRIMARY KEY (index_id, file_id, ordinal))",
			"ALTER TABLE " + table + " ALTER COLUMN v SET STORAGE EXTERNAL",
		} {
			if _, err := tx.Exec(ctx, sql); err != nil {
				return fmt.Errorf("make the table for vectors of %d numbers: %w", dims, err)
			}
		}
		return nil
	})
	if hasCode(err, codeNoPrivilege) {
		return fmt.Sprintf("this role may not make the table for vectors of %d numbers; index once as the owner of the database", dims), nil
	}
	s.vectors.Store(nil) // which tables there are is looked up anew
	return "", err
}

func modelName(m search.EmbeddingModel) string { return m.Provider + "/" + m.Model }

// Unplaced lists chunks of an index that have no vector of a provider's model.
func (s *searchStore) Unplaced(ctx context.Context, index int32, m search.EmbeddingModel, after search.Ref, most int) ([]search.Chunk, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	rows, err := s.pool.Query(ctx, `SELECT c.file_id, c.ordinal, c.start_line, c.end_line, c.symbol, c.kind, c.signature, c.content_hash
		FROM search_chunks c LEFT JOIN `+providerTable(m.Dims)+` v ON v.index_id = c.index_id AND v.file_id = c.file_id AND v.ordinal = c.ordinal AND v.model = $2
		WHERE c.index_id = $1 AND (c.file_id, c.ordinal) > ($4, $5) AND v.index_id IS NULL ORDER BY c.file_id, c.ordinal LIMIT $3`,
		index, modelName(m), most, after.File, after.Ordinal)
	if err == nil {
		var all []search.Chunk
		var c search.Chunk
		_, err = pgx.ForEachRow(rows, []any{&c.File, &c.Ordinal, &c.StartLine, &c.EndLine, &c.Symbol, &c.Kind, &c.Signature, &c.ContentHash}, func() error {
			all = append(all, c)
			c = search.Chunk{}
			return nil
		})
		if err == nil {
			return all, nil
		}
	}
	return nil, translate(fmt.Errorf("look for chunks without vectors: %w", err))
}

// Placed counts the chunks that have a vector of a provider's model.
func (s *searchStore) Placed(ctx context.Context, index int32, m search.EmbeddingModel) (n int, err error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	err = s.pool.QueryRow(ctx, "SELECT count(*) FROM "+providerTable(m.Dims)+
		" v JOIN search_chunks c USING (index_id, file_id, ordinal) WHERE index_id = $1 AND model = $2", index, modelName(m)).Scan(&n)
	if isUndefinedTable(err) {
		return 0, nil // nothing was kept yet
	}
	if err != nil {
		return 0, translate(fmt.Errorf("count vectors: %w", err))
	}
	return n, nil
}

// PutProviderVectors keeps vectors of a provider's model, in place of those of
// another model. Those of chunks that are gone meanwhile are left out.
func (s *searchStore) PutProviderVectors(ctx context.Context, index int32, m search.EmbeddingModel, vectors []search.Vector) error {
	v, err := s.vectorInfo(ctx)
	if err != nil {
		return err
	}
	if v == nil {
		return fault.Failed("vectors_missing", "the database has no tables for vectors").WithHint("run `layercake db migrate`")
	}
	files, ordinals, values := make([]int32, len(vectors)), make([]int32, len(vectors)), make([]string, len(vectors))
	for i := range vectors {
		files[i], ordinals[i], values[i] = vectors[i].File, vectors[i].Ordinal, pgvector.NewVector(vectors[i].Values).String()
	}
	table := providerTable(m.Dims)
	return s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue("DELETE FROM "+table+" v WHERE v.index_id = $1 AND NOT EXISTS ("+
			"SELECT FROM search_chunks c WHERE c.index_id = $1 AND c.file_id = v.file_id AND c.ordinal = v.ordinal)", index)
		b.Queue("INSERT INTO "+table+" (index_id, file_id, ordinal, model, v) SELECT $1, n.file_id, n.ordinal, $2, n.v::"+v.named(providerType(m.Dims))+
			" FROM unnest($3::int[], $4::int[], $5::text[]) AS n (file_id, ordinal, v)"+
			" JOIN search_chunks c ON c.index_id = $1 AND c.file_id = n.file_id AND c.ordinal = n.ordinal"+
			" ON CONFLICT (index_id, file_id, ordinal) DO UPDATE SET model = EXCLUDED.model, v = EXCLUDED.v", index, modelName(m), files, ordinals, values)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("keep vectors of %s: %w", m.Model, err)
		}
		return nil
	})
}

// NearestBy returns the chunks whose vectors by a provider's model are nearest to
// one, nearest first: all of them, or those of some files.
func (s *searchStore) NearestBy(ctx context.Context, index int32, m search.EmbeddingModel, to []float32, most int, files []int32) ([]search.Near, error) {
	v, err := s.vectorInfo(ctx)
	if err != nil || v == nil || len(to) != m.Dims {
		return nil, err
	}
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, translate(fmt.Errorf("connect: %w", err))
	}
	defer conn.Release() // one that is left inside a transaction is closed by the pool
	near, graph, err := v.nearestBy(ctx, conn.Conn(), index, m, to, most, files, false)
	if err == nil && graph && len(near) < most {
		near, _, err = v.nearestBy(ctx, conn.Conn(), index, m, to, most, files, true)
	}
	if isUndefinedTable(err) {
		return nil, nil // nothing was kept yet
	}
	if err != nil {
		return nil, translate(fmt.Errorf("look for the nearest chunks: %w", err))
	}
	return near, nil
}

func (v *vectorType) nearestBy(ctx context.Context, conn *pgx.Conn, index int32, m search.EmbeddingModel, to []float32, most int, files []int32, exact bool,
) (near []search.Near, graph bool, err error) {
	table := providerTable(m.Dims)
	var b pgx.Batch
	b.Queue("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
	v.queueSettings(&b, most, exact || files != nil)
	args := []any{pgvector.NewVector(to).String(), modelName(m), most}
	where := " WHERE index_id = " + strconv.Itoa(int(index)) + " AND model = $2"
	if files != nil {
		where, args = where+" AND file_id = ANY($4)", append(args, files)
	}
	distance := "v OPERATOR(" + pgx.Identifier{v.schema}.Sanitize() + ".<=>) $1::text::" + v.named(providerType(m.Dims))
	b.Queue("SELECT file_id, ordinal, 1 - ("+distance+") FROM "+table+where+" ORDER BY "+distance+" LIMIT $3", args...).Query(func(rows pgx.Rows) error {
		var n search.Near
		_, err := pgx.ForEachRow(rows, []any{&n.File, &n.Ordinal, &n.Score}, func() error {
			near = append(near, n)
			return nil
		})
		return err //nolint:wrapcheck // the caller wraps it
	})
	b.Queue("SELECT to_regclass($1) IS NOT NULL", table+"_hnsw_"+strconv.Itoa(int(index))).QueryRow(func(row pgx.Row) error { return row.Scan(&graph) })
	b.Queue("COMMIT")
	err = conn.SendBatch(ctx, &b).Close()
	return near, graph && files == nil, err
}
