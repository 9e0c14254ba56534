package db_test

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db"
)

const dims = 128

// clustered are vectors of length one that lie around a few centres, as those of
// code do.
func clustered(r *rand.Rand, n int) [][]float32 {
	const centres, near = 40, 0.6
	middle := make([][]float32, centres)
	for i := range middle {
		middle[i] = random(r)
	}
	all := make([][]float32, n)
	for i := range all {
		v, c := random(r), middle[r.IntN(centres)]
		for d := range v {
			v[d] = (1-near)*v[d] + near*c[d]
		}
		all[i] = unit(v)
	}
	return all
}

func random(r *rand.Rand) []float32 {
	v := make([]float32, dims)
	for d := range v {
		v[d] = float32(r.NormFloat64())
	}
	return unit(v)
}

func unit(v []float32) []float32 {
	norm := math.Sqrt(float64(dot(v, v)))
	for d := range v {
		v[d] = float32(float64(v[d]) / norm)
	}
	return v
}

func dot(a, b []float32) (sum float32) {
	for d := range a {
		sum += a[d] * b[d]
	}
	return sum
}

// nearest are the numbers of the k nearest, by looking at all.
func nearest(all [][]float32, to []float32, k int) []int {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(dot(all[b], to), dot(all[a], to)) })
	return order[:k]
}

// addVectors puts vectors into the index, a file for each.
func (x *indexing) addVectors(t testing.TB, all [][]float32) {
	t.Helper()
	missing, err := x.store.PrepareVectors(t.Context())
	require.NoError(t, err)
	require.Empty(t, missing)
	files := make([]int32, len(all))
	for i := range files {
		files[i] = int32(i) + 1
	}
	b := batch(1, files...)
	for i, v := range all {
		b.Vectors = append(b.Vectors, search.Vector{Ref: search.Ref{File: files[i]}, Values: v})
	}
	require.NoError(t, x.store.Commit(t.Context(), x.hold, b))
}

// recall is which part of the k nearest is found, and the fewest rows of an answer.
func (x *indexing) recall(t testing.TB, all, questions [][]float32, k int) (found float64, fewest int) {
	t.Helper()
	fewest = k
	for _, q := range questions {
		rows, err := x.store.Fetch(t.Context(), x.index.ID, search.Want{Near: q, Most: k})
		require.NoError(t, err)
		fewest = min(fewest, len(rows))
		for _, i := range nearest(all, q, k) {
			if slices.ContainsFunc(rows, func(r search.ChunkRow) bool { return r.File == int32(i)+1 }) {
				found++
			}
		}
	}
	return found / float64(k*len(questions)), fewest
}

func TestNearestChunks(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	r := rand.New(rand.NewPCG(1, 2))
	all := clustered(r, 4000)
	x.addVectors(t, all)
	questions := clustered(r, 20)

	found, fewest := x.recall(t, all, questions, 10)
	require.InDelta(t, 1, found, 0.02, "exact, but for half precision")
	require.Equal(t, 10, fewest)

	require.NoError(t, x.store.Tidy(t.Context(), x.index.ID, 60_000))
	require.Equal(t, 1, x.graphs(t))
	found, fewest = x.recall(t, all, questions, 10)
	require.GreaterOrEqual(t, found, 0.95)
	require.Equal(t, 10, fewest)
	x.asksTheGraph(t, "search_vectors_hnsw_", "halfvec_ip_ops", func() { x.recall(t, all, questions[:1], 10) })
	// More than the graph gives: all are looked at.
	_, fewest = x.recall(t, all, questions[:1], 3000)
	require.Equal(t, 3000, fewest)

	only, err := x.store.Fetch(t.Context(), x.index.ID, search.Want{Near: questions[0], Most: 10, Files: []int32{7, 8}, Chunks: []search.Ref{{File: 8}}})
	require.NoError(t, err)
	require.Len(t, only, 2, "none twice, and no other files")
	require.Len(t, only[0].Vector, dims)

	// Vectors of files that go, go with them.
	require.NoError(t, x.store.Commit(t.Context(), x.hold, &search.Batch{Gone: []int32{7}, NextFile: 5000, NextSegment: 9}))
	only, err = x.store.Fetch(t.Context(), x.index.ID, search.Want{Near: questions[0], Most: 10, Files: []int32{7, 8}})
	require.NoError(t, err)
	require.Len(t, only, 1)

	require.NoError(t, x.store.Tidy(t.Context(), x.index.ID, 10))
	require.Zero(t, x.graphs(t))
}

// asksTheGraph holds that questions go through the graph of this index alone: what
// looks at all vectors would find them as well.
func (x *indexing) asksTheGraph(t *testing.T, name, operators string, ask func()) {
	t.Helper()
	name += strconv.Itoa(int(x.index.ID))
	var made string
	require.NoError(t, x.db.Pool().QueryRow(t.Context(), "SELECT indexdef FROM pg_indexes WHERE indexname = $1", name).Scan(&made))
	require.Contains(t, made, "USING hnsw (v "+operators+") WITH (m='16', ef_construction='64') WHERE (index_id = "+strconv.Itoa(int(x.index.ID))+")")
	require.Eventually(t, func() bool {
		ask()
		// Every connection tells what it used when it is told to.
		for range x.db.Pool().Stat().TotalConns() {
			_, err := x.db.Pool().Exec(t.Context(), "SELECT pg_stat_force_next_flush()")
			require.NoError(t, err)
		}
		var n int
		require.NoError(t, x.db.Pool().QueryRow(t.Context(), "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = $1", name).Scan(&n))
		return n > 0
	}, time.Minute, 10*time.Millisecond)
}

func (x *indexing) graphs(t *testing.T) (n int) {
	t.Helper()
	require.NoError(t, x.db.Pool().QueryRow(t.Context(), "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%hnsw%'").Scan(&n))
	return n
}

// TestSharedGraphFindsTooFew shows why every index has a graph of its own: one
// graph for all gives the nearest of all projects, and WHERE then takes most away.
func TestSharedGraphFindsTooFew(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	missing, err := x.store.PrepareVectors(t.Context())
	require.NoError(t, err)
	require.Empty(t, missing)
	const projects, each, k = 20, 300, 10
	all := clustered(rand.New(rand.NewPCG(3, 4)), projects*each)
	conn, err := pgx.Connect(t.Context(), x.url)
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	exec := func(sql string, args ...any) {
		_, err := conn.Exec(t.Context(), sql, args...)
		require.NoError(t, err)
	}
	exec("CREATE TABLE shared (project int, v halfvec(128))")
	var b pgx.Batch
	for i, v := range all {
		b.Queue("INSERT INTO shared VALUES ($1, $2::text::halfvec)", i%projects, pgvector.NewHalfVector(v).String())
	}
	require.NoError(t, conn.SendBatch(t.Context(), &b).Close())
	exec("CREATE INDEX ON shared USING hnsw (v halfvec_ip_ops)")
	exec("ANALYZE shared")
	exec("SET enable_seqscan = off") // few rows: with many, the planner takes the graph by itself
	exec("SET enable_sort = off")
	rows := 0
	const asked = 20
	for i := range asked {
		var n int
		require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM (SELECT FROM shared WHERE project = 3 ORDER BY v <#> $1::text::halfvec LIMIT "+
			strconv.Itoa(k)+") x", pgvector.NewHalfVector(all[i*7]).String()).Scan(&n))
		rows += n
	}
	require.Less(t, rows, asked*k/2, "rows of %d that there are", asked*k)
	t.Logf("a shared graph gave %d rows of %d", rows, asked*k)
}

// TestWithoutPGVector holds that all but vectors works in a plain database, and
// that vectors come when pgvector does.
func TestWithoutPGVector(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	missing, err := x.store.VectorsMissing(ctx)
	require.NoError(t, err)
	require.Contains(t, missing, "CREATE EXTENSION vector")
	require.NoError(t, x.store.Commit(ctx, x.hold, batch(1, 1, 2)))
	rows, err := x.store.Fetch(ctx, x.index.ID, search.Want{Near: make([]float32, dims), Most: 9, Chunks: []search.Ref{{File: 1}}})
	require.NoError(t, err)
	require.Len(t, rows, 1)
	require.Nil(t, rows[0].Vector)
	require.NoError(t, x.store.Tidy(ctx, x.index.ID, 99_999))

	// A role that may use the tables, and nothing more.
	role := "layercake_plain_" + strconv.Itoa(rand.Int())
	for _, sql := range []string{
		"CREATE ROLE " + role + " LOGIN", "GRANT USAGE ON SCHEMA layercake TO " + role,
		"GRANT ALL ON ALL TABLES IN SCHEMA layercake TO " + role,
	} {
		_, err := x.db.Pool().Exec(ctx, sql)
		require.NoError(t, err)
	}
	t.Cleanup(func() {
		_, err := x.db.Pool().Exec(context.Background(), "DROP OWNED BY "+role+"; DROP ROLE "+role)
		require.NoError(t, err)
	})
	cfg, err := pgx.ParseConfig(x.url)
	require.NoError(t, err)
	plain, err := db.Open(ctx, "host="+cfg.Host+" port="+strconv.Itoa(int(cfg.Port))+" user="+role+" dbname="+cfg.Database, db.Options{})
	require.NoError(t, err)
	defer plain.Close()
	missing, err = plain.Search().PrepareVectors(ctx)
	require.NoError(t, err)
	require.Contains(t, missing, "as its owner run CREATE EXTENSION vector")

	missing, err = x.store.PrepareVectors(ctx)
	require.NoError(t, err)
	require.Empty(t, missing)
	missing, err = x.store.PrepareVectors(ctx)
	require.NoError(t, err)
	require.Empty(t, missing, "a second time there is nothing to do")
	rows, err = x.store.Fetch(ctx, x.index.ID, search.Want{Near: make([]float32, dims), Most: 9, Chunks: []search.Ref{{File: 1}}})
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

// TestProviderVectors holds that vectors of any length are kept and found, and go
// with their chunks.
func TestProviderVectors(t *testing.T) {
	t.Parallel()
	x := newIndexing(t)
	ctx := t.Context()
	require.NoError(t, x.store.Commit(ctx, x.hold, batch(1, 1, 2, 3)))
	for _, length := range []int{3, 1536, 3072} {
		missing, err := x.store.PrepareProvider(ctx, length)
		require.NoError(t, err)
		require.Empty(t, missing)
		m := search.EmbeddingModel{Provider: "some", Model: "one", Dims: length}
		open, err := x.store.Unplaced(ctx, x.index.ID, m, search.Ref{}, 9)
		require.NoError(t, err)
		require.Len(t, open, 3)
		var vectors []search.Vector
		for i, c := range open {
			v := make([]float32, length)
			v[i] = 2
			vectors = append(vectors, search.Vector{Ref: c.Ref, Values: v})
		}
		gone := search.Vector{Ref: search.Ref{File: 99}, Values: make([]float32, length)}
		require.NoError(t, x.store.PutProviderVectors(ctx, x.index.ID, m, append(vectors, gone)))
		open, err = x.store.Unplaced(ctx, x.index.ID, m, search.Ref{}, 9)
		require.NoError(t, err)
		require.Empty(t, open)
		to := make([]float32, length)
		to[1], to[2] = 1, 0.1
		near, err := x.store.NearestBy(ctx, x.index.ID, m, to, 2, nil)
		require.NoError(t, err)
		require.Equal(t, []int32{2, 3}, []int32{near[0].File, near[1].File})
		require.InDelta(t, 0.995, near[0].Score, 0.001)
		require.NoError(t, x.store.Tidy(ctx, x.index.ID, 60_000))
		near, err = x.store.NearestBy(ctx, x.index.ID, m, to, 3, nil)
		require.NoError(t, err)
		require.Len(t, near, 3, "also by the graph")
		x.keptAs(t, length)
		near, err = x.store.NearestBy(ctx, x.index.ID, m, to, 3, []int32{1})
		require.NoError(t, err)
		require.Len(t, near, 1)
		m.Model = "two"
		open, err = x.store.Unplaced(ctx, x.index.ID, m, search.Ref{}, 9)
		require.NoError(t, err)
		require.Len(t, open, 3, "another model has none")
	}
	others, err := x.store.PlacedByOthers(ctx, x.index.ID, search.EmbeddingModel{Provider: "some", Model: "one", Dims: 1536})
	require.NoError(t, err)
	require.ElementsMatch(t, []search.PlacedBy{{Model: "some/one", Dims: 3, Chunks: 3}, {Model: "some/one", Dims: 3072, Chunks: 3}}, others)
	x.keepsEnds(t)
	require.NoError(t, x.store.Commit(ctx, x.hold, &search.Batch{Gone: []int32{2}, NextFile: 9, NextSegment: 9}))
	var n int
	require.NoError(t, x.db.Pool().QueryRow(ctx, "SELECT count(*) FROM search_vectors_1536").Scan(&n))
	require.Equal(t, 2, n)
	removed, err := x.store.Remove(ctx, x.index.ID)
	require.NoError(t, err)
	require.True(t, removed)
	require.NoError(t, x.db.Pool().QueryRow(ctx, "SELECT count(*) FROM search_vectors_3").Scan(&n))
	require.Zero(t, n)
	require.Zero(t, x.graphs(t))
	_, err = x.store.PrepareProvider(ctx, 5000)
	require.Equal(t, "invalid_dimensions", fault.CodeOf(err))
}

// keptAs holds what vectors of a length are kept as, and by which graph they are found:
// those of the provider that is asked where no other is named are vector(1536).
func (x *indexing) keptAs(t *testing.T, length int) {
	t.Helper()
	kind, operators := "halfvec", "halfvec_cosine_ops"
	if length == 1536 {
		kind, operators = "vector", "vector_cosine_ops"
	}
	table := "search_vectors_" + strconv.Itoa(length)
	var is, made string
	require.NoError(t, x.db.Pool().QueryRow(t.Context(), "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = $1::regclass AND attname = 'v'",
		"layercake."+table).Scan(&is))
	require.Equal(t, kind+"("+strconv.Itoa(length)+")", strings.TrimPrefix(is, "public."))
	require.NoError(t, x.db.Pool().QueryRow(t.Context(), "SELECT indexdef FROM pg_indexes WHERE indexname = $1",
		table+"_hnsw_"+strconv.Itoa(int(x.index.ID))).Scan(&made))
	require.Contains(t, made, "USING hnsw (v "+operators+")")
}

// keepsEnds holds that how it ended when a provider was asked is kept, the last one
// of an index, and goes with it.
func (x *indexing) keepsEnds(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	m := search.EmbeddingModel{Provider: "some", Model: "one", Dims: 3}
	end, err := x.store.ProviderEnd(ctx, x.index.ID, m)
	require.NoError(t, err)
	require.Nil(t, end, "there is no table yet")
	for _, missing := range []string{"the key", ""} {
		want := search.ProviderEnd{At: time.Now().Truncate(time.Millisecond), Missing: missing, Hint: "run `x`", Skipped: map[string]int{"too long": 2}}
		require.NoError(t, x.store.EndProvider(ctx, x.index.ID, m, want))
		end, err = x.store.ProviderEnd(ctx, x.index.ID, m)
		require.NoError(t, err)
		require.True(t, want.At.Equal(end.At))
		end.At = want.At
		require.Equal(t, want, *end)
	}
	m.Model = "two"
	end, err = x.store.ProviderEnd(ctx, x.index.ID, m)
	require.NoError(t, err)
	require.Nil(t, end, "another model was not asked")
	require.NoError(t, x.store.EndProvider(ctx, 999_999, m, search.ProviderEnd{At: time.Now()}), "of an index that is gone, nothing is kept")
}
