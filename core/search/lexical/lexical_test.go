package lexical_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/layercake-dev/layercake/core/search/lexical"
)

type file struct {
	path   string
	chunks []string
}

func build(files []file) *lexical.Segment {
	b := lexical.NewBuilder()
	for _, f := range files {
		b.AddFile(f.path, lexical.ClassOf(f.path, false))

		for _, text := range f.chunks {
			b.AddChunk([]byte(text), nil)
		}
	}

	return b.Segment()
}

func TestHeadSurvivesItsBytes(t *testing.T) {
	t.Parallel()

	s := build([]file{{"a/b_test.go", []string{"one two", "three"}}, {"empty.go", nil}, {"c.go", []string{"four"}}})

	h, err := lexical.DecodeHead(s.Head.Encode())
	require.NoError(t, err)
	assert.Equal(t, &s.Head, h)
	assert.Equal(t, lexical.Test, h.Files[0].Class)
}

func TestDamagedHeadsAreRefused(t *testing.T) {
	t.Parallel()

	s := build([]file{{"a.go", []string{"one two", "three"}}})
	whole := s.Head.Encode()

	for cut := range whole {
		_, err := lexical.DecodeHead(whole[:cut])
		require.ErrorIs(t, err, lexical.ErrCorrupt, "cut at %d", cut)
	}

	_, err := lexical.DecodeHead(append(whole, 0))
	require.ErrorIs(t, err, lexical.ErrCorrupt)
}

func TestDamagedPostingsAreRefused(t *testing.T) {
	t.Parallel()

	err := lexical.EachPosting([]byte{0, 5}, nil, nil)
	require.ErrorIs(t, err, lexical.ErrCorrupt)

	err = lexical.EachPosting([]byte{0x80}, nil, nil)
	require.ErrorIs(t, err, lexical.ErrCorrupt)

	err = lexical.EachPosting([]byte{9, 1, 1}, nil, nil)
	require.ErrorIs(t, err, lexical.ErrCorrupt)
}

// Scores do not depend on how the files are spread over segments, nor on
// files that are gone.
func TestScoresAreTheSameInOneSegmentAndInMany(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"retry", "backoff", "client", "server", "parse", "token"})
		files := make([]file, rapid.IntRange(1, 8).Draw(t, "files"))

		for i := range files {
			files[i].path = fmt.Sprintf("%s/%s_%d.go", word.Draw(t, "dir"), word.Draw(t, "stem"), i)
			for range rapid.IntRange(0, 4).Draw(t, "chunks") {
				files[i].chunks = append(files[i].chunks, strings.Join(rapid.SliceOfN(word, 1, 12).Draw(t, "text"), " "))
			}
		}

		terms := []lexical.Weighted{{Term: "retri", Weight: 1}, {Term: "client", Weight: 0.5}}
		one := scores(t, [][]file{files}, terms)
		cut := rapid.IntRange(0, len(files)).Draw(t, "cut")
		two := scores(t, [][]file{files[:cut], files[cut:]}, terms)

		require.Len(t, two, len(one))

		for i := range one {
			if math.Abs(float64(one[i]-two[i])) > 1e-4 {
				t.Fatalf("chunk %d: %v in one segment, %v in two", i, one[i], two[i])
			}
		}
	})
}

func scores(t require.TestingT, segments [][]file, terms []lexical.Weighted) []float32 {
	var parts []lexical.Part
	for _, files := range segments {
		s := build(files)
		parts = append(parts, lexical.Part{Head: &s.Head, Postings: s.Postings})
	}

	byPart, err := lexical.Score(parts, terms)
	require.NoError(t, err)

	var all []float32
	for _, s := range byPart {
		all = append(all, s...)
	}

	return all
}

func TestWordsOfThePathAndNamesCount(t *testing.T) {
	t.Parallel()

	b := lexical.NewBuilder()
	b.AddFile("net/retry.go", 0)
	b.AddChunk([]byte("wait and go on"), nil)
	b.AddFile("net/other.go", 0)
	b.AddChunk([]byte("wait and go on"), []string{"RetryPolicy"})
	b.AddFile("net/third.go", 0)
	b.AddChunk([]byte("retry and go on"), nil)
	b.AddFile("net/fourth.go", 0)
	b.AddChunk([]byte("wait and go on"), nil)
	s := b.Segment()

	all, err := lexical.Score([]lexical.Part{{Head: &s.Head, Postings: s.Postings}}, []lexical.Weighted{{Term: "retri", Weight: 1}})
	require.NoError(t, err)
	assert.Greater(t, all[0][0], all[0][2], "a file's name says more than a word in its text")
	assert.Greater(t, all[0][1], all[0][2], "a defined name says more than a word in the text")
	assert.Positive(t, all[0][2])
	assert.Zero(t, all[0][3])
}

func TestFilesThatAreGoneHaveNoScore(t *testing.T) {
	t.Parallel()

	s := build([]file{{"a.go", []string{"retry"}}, {"b.go", []string{"retry", "retry"}}, {"c.go", []string{"else"}}})
	part := lexical.Part{Head: &s.Head, Postings: s.Postings, Dead: map[uint32]bool{1: true}}

	all, err := lexical.Score([]lexical.Part{part}, []lexical.Weighted{{Term: "retri", Weight: 1}})
	require.NoError(t, err)
	assert.Positive(t, all[0][0])
	assert.Equal(t, []float32{0, 0, 0}, all[0][1:])
}

func TestClassOf(t *testing.T) {
	t.Parallel()

	for path, want := range map[string]lexical.Class{
		"core/a.go": 0, "core/a_test.go": lexical.Test, "src/latest.java": 0, "src/Latest.java": 0, "src/FooTest.java": lexical.Test,
		"test/x.rb": lexical.Test, "spec/x_spec.rb": lexical.Test, "pkg/__init__.py": lexical.Barrel, "src/index.ts": lexical.Barrel,
		"types/a.d.ts": lexical.Declared, "examples/a/main.go": lexical.Example, "vendor/x/y.go": lexical.Vendored,
		"tests/legacy/x.py": lexical.Test | lexical.Legacy, "package.json": lexical.Data, "src/contest.go": 0, "a/b.test.tsx": lexical.Test,
	} {
		assert.Equal(t, want, lexical.ClassOf(path, false), path)
	}

	assert.Equal(t, lexical.Prose|lexical.Example, lexical.ClassOf("docs/a.md", true))
}

func FuzzDecodeHead(f *testing.F) {
	s := build([]file{{"a.go", []string{"one two", "three"}}})
	f.Add(s.Head.Encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := lexical.DecodeHead(data)
		if err != nil {
			require.ErrorIs(t, err, lexical.ErrCorrupt)

			return
		}

		again, err := lexical.DecodeHead(h.Encode())
		require.NoError(t, err)
		assert.Equal(t, h, again)
	})
}

func TestFilesCountEachTermOnce(t *testing.T) {
	t.Parallel()

	b := lexical.NewBuilder()
	b.AddFile("one.go", 0)
	b.AddChunk([]byte("relay relay relay"), nil)
	b.AddChunk([]byte("relay relay relay"), nil)
	b.AddFile("both.go", 0)
	b.AddChunk([]byte("relay here there"), nil)
	b.AddChunk([]byte("letter here there"), nil)
	b.AddFile("none.go", 0)
	b.AddChunk([]byte("nothing"), nil)

	s := b.Segment()
	parts := []lexical.Part{{Head: &s.Head, Postings: s.Postings}}
	terms := []lexical.Weighted{{Term: "relay", Weight: 1}, {Term: "letter", Weight: 1}}
	_, files, err := lexical.ScoreFiles(parts, terms)
	require.NoError(t, err)
	assert.Greater(t, files[0][1], files[0][0])
	assert.Zero(t, files[0][2])

	parts[0].Dead = map[uint32]bool{1: true}
	_, files, err = lexical.ScoreFiles(parts, terms)
	require.NoError(t, err)
	assert.Zero(t, files[0][1])
}
