package db

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/pgvector/pgvector-go"
	pgxvector "github.com/pgvector/pgvector-go/pgx"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

const (
	// localVectors is the table of the vectors that need no provider.
	localVectors = Schema + ".search_vectors"
	// localDims is how many numbers one of them has.
	localDims = 128
	// hnswFrom is from how many vectors on an index has a graph of its own. Below,
	// looking at every vector is as quick, and exact.
	hnswFrom = 50_000
	// hnswSearch is how many vectors of the graph are kept in view at least.
	hnswSearch, hnswSearchMost = 200, 1000
	// graphMemory is what the server may use to make a graph. What does not fit makes
	// it many times slower.
	graphMemory = "512MB"
)

// vectorType is pgvector as it is in a database.
type vectorType struct {
	// schema is where its types and operators are.
	schema       string
	halfvec      uint32
	major, minor int
	tables       bool
	// all are the tables of vectors that there are, the providers' among them.
	all []string
}

// vectorInfo looks for pgvector and the tables that need it; nil without it. What
// was found stays: it is asked once by a process.
func (s *searchStore) vectorInfo(ctx context.Context) (*vectorType, error) {
	if known := s.vectors.Load(); known != nil {
		return known, nil
	}
	ctx, cancel := within(ctx, readLimit)
	defer cancel()
	var v vectorType
	var version string
	err := s.pool.QueryRow(ctx, `SELECT n.nspname, e.extversion, coalesce(t.oid, 0), to_regclass($1) IS NOT NULL,
		ARRAY(SELECT $2::text || '.' || c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relname LIKE 'search\_vectors%'
			AND c.relnamespace = to_regnamespace($2::text))
		FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
		LEFT JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = 'halfvec' WHERE e.extname = 'vector'`,
		pgx.QueryExecModeExec, localVectors, Schema).Scan(&v.schema, &version, &v.halfvec, &v.tables, &v.all)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, nil //nolint:nilnil // as documented
	case err != nil:
		return nil, translate(fmt.Errorf("look for pgvector: %w", err))
	}
	if _, err := fmt.Sscanf(version, "%d.%d", &v.major, &v.minor); err != nil {
		v.major, v.minor = 0, 0
	}
	if v.tables {
		s.vectors.Store(&v)
	}
	return &v, nil
}

// vectorTables lists the tables of vectors.
func (s *searchStore) vectorTables(ctx context.Context) ([]string, error) {
	v, err := s.vectorInfo(ctx)
	if err != nil || v == nil {
		return nil, err
	}
	return v.all, nil
}

// hasVectors reports whether there are tables for vectors.
func (s *searchStore) hasVectors(ctx context.Context) (bool, error) {
	v, err := s.vectorInfo(ctx)
	return v != nil && v.tables, err
}

// What keeps a database from having vectors, for people.
const (
	noPGVector   = "pgvector is not installed on the database's server; `layercake setup` installs it for the private database"
	oldPGVector  = "the database's pgvector is %s, and vectors need 0.7 or newer; as its owner run ALTER EXTENSION vector UPDATE"
	noExtension  = "pgvector is installed but not switched on in this database; as its owner run CREATE EXTENSION vector"
	noTables     = "the tables for vectors are not there; the next indexing, or `layercake db migrate` as the owner of the database, makes them"
	noRights     = "this role may not make the tables for vectors; run `layercake db migrate` as the owner of the database"
	vectorsSince = 7 // 0.7 brought halfvec
)

// VectorsMissing says without changing anything why there are no vectors, or "".
func (s *searchStore) VectorsMissing(ctx context.Context) (string, error) {
	v, err := s.vectorInfo(ctx)
	if err != nil {
		return "", err
	}
	switch {
	case v == nil:
		var available bool
		ctx, cancel := within(ctx, readLimit)
		defer cancel()
		err := s.pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')").Scan(&available)
		if err != nil {
			return "", translate(fmt.Errorf("look for pgvector: %w", err))
		}
		if !available {
			return noPGVector, nil
		}
		return noExtension, nil
	case v.halfvec == 0:
		return fmt.Sprintf(oldPGVector, fmt.Sprintf("%d.%d", v.major, v.minor)), nil
	case !v.tables:
		return noTables, nil
	}
	return "", nil
}

// PrepareVectors makes the tables for vectors if the database can have them. It
// returns why not, in a sentence, or "".
func (s *searchStore) PrepareVectors(ctx context.Context) (string, error) {
	missing, err := s.VectorsMissing(ctx)
	if err != nil || missing == "" || (missing != noExtension && missing != noTables) {
		return missing, err
	}
	err = s.tx(ctx, indexLimit, pgx.TxOptions{}, func(ctx context.Context, tx pgx.Tx) error {
		return makeVectorTables(ctx, tx, missing == noExtension)
	})
	switch {
	case err == nil:
	case errors.Is(err, errNoExtension):
		return noExtension, nil
	case hasCode(err, codeNoPrivilege):
		return noRights, nil
	default:
		return "", err
	}
	return s.VectorsMissing(ctx)
}

// errNoExtension says that the role may not switch pgvector on.
var errNoExtension = errors.New("pgvector may not be switched on")

// makeVectorTables makes the tables that need pgvector. They are no migration: a
// database may get pgvector at any time, or never.
func makeVectorTables(ctx context.Context, tx pgx.Tx, extension bool) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
		return fmt.Errorf("wait for others: %w", err)
	}
	if extension {
		if _, err := tx.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public"); err != nil {
			if hasCode(err, codeNoPrivilege) {
				return errNoExtension
			}
			return fmt.Errorf("switch pgvector on: %w", err)
		}
	}
	var schema string
	err := tx.QueryRow(ctx, "SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'vector'").Scan(&schema)
	if err != nil {
		return fmt.Errorf("look for pgvector: %w", err)
	}
	// Rows lie in the order in which files were read, so that those of one index lie
	// together. Numbers in a vector do not compress.
	for _, sql := range []string{
		"CREATE TABLE IF NOT EXISTS " + localVectors + " (index_id integer NOT NULL, file_id integer NOT NULL, ordinal integer NOT NULL, v " +
			pgx.Identifier{schema}.Sanitize() + ".halfvec(" + strconv.Itoa(localDims) + ") NOT NULL, PRIMARY KEY (index_id, file_id, ordinal))",
		"ALTER TABLE " + localVectors + " ALTER COLUMN v SET STORAGE PLAIN",
	} {
		if _, err := tx.Exec(ctx, sql); err != nil {
			return fmt.Errorf("make the tables for vectors: %w", err)
		}
	}
	return nil
}

// register makes a connection know halfvec. It costs no round trip.
func (v *vectorType) register(conn *pgx.Conn) {
	if _, known := conn.TypeMap().TypeForOID(v.halfvec); !known {
		conn.TypeMap().RegisterType(&pgtype.Type{Name: "halfvec", OID: v.halfvec, Codec: pgxvector.HalfVectorCodec{}})
	}
}

// typed and by are the type and the operator of distance, however the search path is.
func (v *vectorType) typed() string { return v.named("halfvec") }
func (v *vectorType) named(name string) string {
	return pgx.Identifier{v.schema, name}.Sanitize()
}
func (v *vectorType) by() string { return "OPERATOR(" + pgx.Identifier{v.schema}.Sanitize() + ".<#>)" }

// copyVectors adds vectors to an index.
func (s *searchStore) copyVectors(ctx context.Context, tx pgx.Tx, index int32, vectors iter.Seq[search.Vector]) error {
	v, err := s.vectorInfo(ctx)
	if err != nil {
		return err
	}
	v.register(tx.Conn())
	next, stop := iter.Pull(vectors)
	defer stop()
	_, err = tx.CopyFrom(ctx, pgx.Identifier(strings.Split(localVectors, ".")), []string{"index_id", "file_id", "ordinal", "v"},
		pgx.CopyFromFunc(func() ([]any, error) {
			x, more := next()
			if !more {
				return nil, nil
			}
			return []any{index, x.File, x.Ordinal, pgvector.NewHalfVector(x.Values)}, nil
		}))
	if err != nil {
		return fmt.Errorf("add vectors: %w", err)
	}
	return nil
}

// PutModel puts a model and the vectors made by it in place of others: all or
// nothing.
func (s *searchStore) PutModel(ctx context.Context, h search.Hold, m *search.Model, terms search.TermVectors, vectors iter.Seq[search.Vector]) error {
	has, err := s.hasVectors(ctx)
	if err != nil {
		return err
	}
	if has {
		// Made anew by Tidy: adding to the graph one by one takes much longer.
		if err := s.dropGraph(ctx, graphName(localVectors, h.Index)); err != nil {
			return err
		}
	}
	return s.held(ctx, h, func(ctx context.Context, tx pgx.Tx) error {
		var b pgx.Batch
		b.Queue(dbsqlc.PutSearchModel, h.Index, m.Version, m.Dims, m.Chunks, orEmpty(m.Head))
		b.Queue(dbsqlc.RemoveSearchModelTerms, h.Index)
		b.Queue(dbsqlc.AddSearchModelTerms, h.Index, terms.Terms, terms.Data)
		if has {
			b.Queue("DELETE FROM "+localVectors+" WHERE index_id = $1", h.Index)
		}
		b.Queue(dbsqlc.NextSearchGeneration, h.Index)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return fmt.Errorf("keep the model: %w", err)
		}
		if has {
			return s.copyVectors(ctx, tx, h.Index, vectors)
		}
		return nil
	})
}

// graphName is the name of the graph on an index's vectors in a table.
func graphName(table string, index int32) string {
	return strings.TrimPrefix(table, Schema+".") + "_hnsw_" + strconv.Itoa(int(index))
}

// Tidy makes or removes the graphs on an index's vectors, as their number asks. One
// graph for all indexes would return the nearest of all, and of them hardly any
// that belong to this index. A role that may not make indexes searches exactly.
func (s *searchStore) Tidy(ctx context.Context, index int32, chunks int) error {
	v, err := s.vectorInfo(ctx)
	if err != nil || v == nil {
		return err
	}
	for _, table := range v.all {
		how := "halfvec_ip_ops"
		switch table {
		case localVectors:
		case providerTable(wholeDims):
			how = "vector_cosine_ops"
		default:
			how = "halfvec_cosine_ops"
		}
		if err := s.tidy(ctx, index, table, pgx.Identifier{v.schema, how}.Sanitize(), chunks); err != nil {
			return err
		}
	}
	return nil
}

func (s *searchStore) tidy(ctx context.Context, index int32, table, how string, chunks int) error {
	ctx, cancel := within(ctx, replayLimit)
	defer cancel()
	name := graphName(table, index)
	var exists, valid bool
	err := s.pool.QueryRow(ctx, "SELECT count(*) > 0, coalesce(bool_and(indisvalid), false) FROM pg_index WHERE indexrelid = to_regclass($1)", Schema+"."+name).
		Scan(&exists, &valid)
	if err != nil {
		return translate(fmt.Errorf("look for the graph of vectors: %w", err))
	}
	wanted := chunks >= hnswFrom
	if exists && (!wanted && chunks < hnswFrom/2 || !valid) {
		err := s.dropGraph(ctx, name)
		if hasCode(err, codeLockNotAvailable) {
			return nil // one that died is still making it, on the server: another time
		}
		if err != nil {
			return err
		}
		exists = false
	}
	if !wanted || exists {
		return nil
	}
	// Of its own, because others are not to get what is set for it.
	cfg := s.pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["maintenance_work_mem"] = graphMemory
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return translate(fmt.Errorf("connect: %w", err))
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // nothing is left to be lost
	_, err = conn.Exec(ctx, "CREATE INDEX CONCURRENTLY IF NOT EXISTS "+name+" ON "+table+" USING hnsw (v "+how+")"+
		" WITH (m = 16, ef_construction = 64) WHERE index_id = "+strconv.Itoa(int(index)))
	if err != nil && !hasCode(err, codeNoPrivilege) && !hasCode(err, codeLockNotAvailable) {
		return translate(fmt.Errorf("make the graph of vectors: %w", err))
	}
	return nil
}

// dropGraph removes a graph, if it is there.
func (s *searchStore) dropGraph(ctx context.Context, name string) error {
	ctx, cancel := within(ctx, indexLimit)
	defer cancel()
	var exists bool
	name = Schema + "." + name
	if err := s.pool.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", name).Scan(&exists); err != nil {
		return translate(fmt.Errorf("look for the graph of vectors: %w", err))
	}
	if !exists {
		return nil
	}
	if _, err := s.pool.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS "+name); err != nil && !hasCode(err, codeNoPrivilege) {
		return translate(fmt.Errorf("remove the graph of vectors: %w", err))
	}
	return nil
}
