package db

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/layercake-dev/layercake/core/search"
)

// providerEnds is the table of how it ended when providers were asked. Like the
// tables of vectors it is made when it is first needed: without a provider there is
// nothing to keep.
const providerEnds = Schema + ".search_provider_ends"

// EndProvider keeps how it ended when a provider was asked about an index. A role
// that may not make the table keeps nothing: the status then says less.
func (s *searchStore) EndProvider(ctx context.Context, index int32, m search.EmbeddingModel, end search.ProviderEnd) error {
	skipped, err := json.Marshal(end.Skipped)
	if err != nil {
		return fmt.Errorf("keep how asking %s ended: %w", m.Provider, err)
	}
	put := func() error {
		return s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO "+providerEnds+" (index_id, model, ended_at, missing, hint, skipped)"+
				" SELECT index_id, $2, $3, $4, $5, $6 FROM search_indexes WHERE index_id = $1 ON CONFLICT (index_id) DO UPDATE SET"+
				" model = EXCLUDED.model, ended_at = EXCLUDED.ended_at, missing = EXCLUDED.missing, hint = EXCLUDED.hint, skipped = EXCLUDED.skipped",
				index, modelName(m), end.At, end.Missing, end.Hint, skipped)
			if err != nil {
				return fmt.Errorf("keep how asking %s ended: %w", m.Provider, err)
			}
			return nil
		})
	}
	if err = put(); !isUndefinedTable(err) {
		return err
	}
	err = s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
			return fmt.Errorf("wait for others: %w", err)
		}
		_, err := tx.Exec(ctx, "CREATE TABLE IF NOT EXISTS "+providerEnds+" (index_id integer PRIMARY KEY REFERENCES search_indexes ON DELETE CASCADE,"+
			" model text NOT NULL, ended_at timestamptz NOT NULL, missing text NOT NULL, hint text NOT NULL, skipped jsonb NOT NULL)")
		if err != nil {
			return fmt.Errorf("make the table of how asking providers ended: %w", err)
		}
		return nil
	})
	if hasCode(err, codeNoPrivilege) {
		return nil
	}
	if err != nil {
		return err
	}
	return put()
}

// ProviderEnd returns how it ended when a provider's model was asked about an index,
// or nil where it was not asked last.
func (s *searchStore) ProviderEnd(ctx context.Context, index int32, m search.EmbeddingModel) (*search.ProviderEnd, error) {
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	var end search.ProviderEnd
	var skipped []byte
	err := s.pool.QueryRow(ctx, "SELECT ended_at, missing, hint, skipped FROM "+providerEnds+" WHERE index_id = $1 AND model = $2", index, modelName(m)).
		Scan(&end.At, &end.Missing, &end.Hint, &skipped)
	if errors.Is(err, pgx.ErrNoRows) || isUndefinedTable(err) {
		return nil, nil //nolint:nilnil // as documented
	}
	if err == nil {
		err = json.Unmarshal(skipped, &end.Skipped)
	}
	if err != nil {
		return nil, translate(fmt.Errorf("look how asking %s ended: %w", m.Provider, err))
	}
	return &end, nil
}

// PlacedByOthers counts the chunks that have a vector of another model, by models,
// the most first.
func (s *searchStore) PlacedByOthers(ctx context.Context, index int32, m search.EmbeddingModel) ([]search.PlacedBy, error) {
	tables, err := s.vectorTables(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	others := []search.PlacedBy{}
	for _, table := range tables {
		dims, ok := providerDims(table)
		if !ok {
			continue
		}
		rows, err := s.pool.Query(ctx, "SELECT model, count(*) FROM "+table+" v JOIN search_chunks c USING (index_id, file_id, ordinal)"+
			" WHERE index_id = $1 AND NOT (model = $2 AND $3) GROUP BY model", index, modelName(m), dims == m.Dims)
		if err == nil {
			by := search.PlacedBy{Dims: dims}
			_, err = pgx.ForEachRow(rows, []any{&by.Model, &by.Chunks}, func() error {
				others = append(others, by)
				return nil
			})
		}
		if err != nil {
			return nil, translate(fmt.Errorf("count vectors of other models: %w", err))
		}
	}
	slices.SortFunc(others, func(a, b search.PlacedBy) int { return b.Chunks - a.Chunks })
	return others, nil
}

// ForgetOthers removes the vectors that an index has of other models. What they were
// made from stays in the cache: going back costs nothing.
func (s *searchStore) ForgetOthers(ctx context.Context, index int32, m search.EmbeddingModel) error {
	tables, err := s.vectorTables(ctx)
	if err != nil {
		return err
	}
	return s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		for _, table := range tables {
			dims, ok := providerDims(table)
			if !ok {
				continue
			}
			_, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE index_id = $1 AND NOT (model = $2 AND $3)", index, modelName(m), dims == m.Dims)
			if err != nil {
				return fmt.Errorf("remove vectors of other models: %w", err)
			}
		}
		return nil
	})
}

// providerDims is how long the vectors of a table are, if it is one of providers'.
func providerDims(table string) (int, bool) {
	number, ok := strings.CutPrefix(table, localVectors+"_")
	dims, err := strconv.Atoi(number)
	return dims, ok && err == nil
}
