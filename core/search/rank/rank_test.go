package rank_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/search/evaluate"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// project is a small project that every test asks.
func project(t *testing.T) *evaluate.Memory {
	t.Helper()

	m := evaluate.NewMemory()

	for _, f := range []struct{ path, text string }{
		{"mail/send.go", "package mail\n\n// Sender hands letters to the relay.\ntype Sender struct{}\n\n" +
			"// Send hands a letter over, and tries again with growing pauses.\nfunc (s *Sender) Send(l Letter) error {\n\treturn retry(l)\n}\n"},
		{"mail/backoff.go", "package mail\n\n// retry waits longer after each failure.\nfunc retry(l Letter) error {\n\tpause := 1\n\treturn wait(pause)\n}\n"},
		{"mail/send_test.go", "package mail\n\nimport \"testing\"\n\nfunc TestSend(t *testing.T) {\n\tSender{}.Send(Letter{})\n\tretry(Letter{})\n\tretry(Letter{})\n}\n"},
		{"mail/letter.go", "package mail\n\n// Letter is what is sent.\ntype Letter struct{ Subject string }\n"},
		{"store/sender.go", "package store\n\n// Store keeps rows.\ntype Store struct{ sender int }\n\nfunc (s *Store) Send() {}\n"},
		{"store/rows.go", "package store\n\n// Rows iterates.\nfunc Rows() { for range 3 { println() } }\n"},
	} {
		require.True(t, m.Add(f.path, []byte(f.text)), f.path)
	}

	require.NoError(t, m.Finish(t.Context()))

	return m
}

func ask(t *testing.T, question string, limit int) []rank.Hit {
	t.Helper()

	hits, err := rank.Search(t.Context(), project(t), rank.ParseQuestion(question), rank.Filter{}, rank.Default(), limit)
	require.NoError(t, err)

	return hits
}

func TestKindsOfQuestions(t *testing.T) {
	t.Parallel()

	for text, want := range map[string]rank.Kind{
		"where are retries backed off": rank.Words,
		"Sender":                       rank.Symbol,
		"sender":                       rank.Words,
		"Foo::bar":                     rank.Symbol,
		"pkg.Func":                     rank.Symbol,
		"parse_url":                    rank.Symbol,
		"parseURL()":                   rank.Symbol,
		"mail/send.go":                 rank.Path,
		"send.go":                      rank.Path,
		"panic: nil map\nmail/send.go:12 +0x1d\n":                   rank.Trace,
		"func a(b int) {\n\treturn b + 1\n}":                        rank.Snippet,
		"one line of words\nand another one\nwithout anything else": rank.Words,
		"":         rank.Words,
		"\"(":      rank.Words,
		"...":      rank.Symbol,
		"::":       rank.Symbol,
		"()":       rank.Words,
		"\xff\xfe": rank.Words,
	} {
		assert.Equal(t, want, rank.ParseQuestion(text).Kind, "%q", text)
	}
}

func TestASymbolIsFoundWhereItIsDefined(t *testing.T) {
	t.Parallel()

	hits := ask(t, "Sender", 10)
	require.NotEmpty(t, hits)
	assert.Equal(t, "mail/send.go", hits[0].Path)
	assert.Positive(t, hits[0].Signals.Defines)

	hits = ask(t, "Store.Send", 10)
	require.NotEmpty(t, hits)
	assert.Equal(t, "store/sender.go", hits[0].Path, "the owner that is named tells two methods apart")

	hits = ask(t, "Sender.Send", 10)
	require.NotEmpty(t, hits)
	assert.Equal(t, "mail/send.go", hits[0].Path)
}

func TestTestsComeAfterUnlessTheyAreAskedFor(t *testing.T) {
	t.Parallel()

	assert.Equal(t, "mail/backoff.go", ask(t, "retry with pauses", 10)[0].Path)
	assert.Equal(t, "mail/send_test.go", ask(t, "test of retry in send", 10)[0].Path)
}

func TestAFileIsFoundByItsName(t *testing.T) {
	t.Parallel()

	assert.Equal(t, "mail/letter.go", ask(t, "letter.go", 10)[0].Path)
	assert.Equal(t, "mail/letter.go", ask(t, "mail/letter.go", 10)[0].Path)
	assert.Equal(t, "store/rows.go", ask(t, "runtime error: index out of range\nstore/rows.go:4", 10)[0].Path)
}

// TestFilesGiveSeveralPieces has a file with many pieces that answer, and others
// with one each.
func TestFilesGiveSeveralPieces(t *testing.T) {
	t.Parallel()

	piece := func(name, about string) string {
		return "// " + name + " " + about + ".\nfunc " + name + "() {\n" + strings.Repeat("\tstep(counter, buffer, offset)\n", 40) + "}\n\n"
	}
	m := evaluate.NewMemory()
	many := "package queue\n\n"

	for _, name := range []string{"Push", "Pull", "Wait", "Wake", "Drop", "Move"} {
		many += piece(name, "drains the queue of parcels")
	}

	require.True(t, m.Add("queue/parcels.go", []byte(many+piece("Help", "is for something else"))))

	for _, name := range []string{"ships", "trucks", "trains"} {
		require.True(t, m.Add("fleet/"+name+".go", []byte("package fleet\n\n"+piece("Load", "drains a queue")+piece("Unload", "has parcels in a queue"))))
	}

	require.NoError(t, m.Finish(t.Context()))

	hits, err := rank.Search(t.Context(), m, rank.ParseQuestion("drains the queue of parcels"), rank.Filter{}, rank.Default(), 6)
	require.NoError(t, err)

	var paths []string
	for _, h := range hits {
		paths = append(paths, h.Path)
	}

	require.Equal(t, []string{"queue/parcels.go", "queue/parcels.go"}, paths[:2], "its pieces answer better than other files")
	require.Subset(t, paths, []string{"fleet/ships.go", "fleet/trucks.go", "fleet/trains.go"}, "but they do not fill the answer")
}

func TestNeighboursInAQuestionAreANameInTheCode(t *testing.T) {
	t.Parallel()

	m := evaluate.NewMemory()
	for _, f := range []struct{ path, text string }{
		{"a.go", "package x\n\n// first a rate, and then a limit: rate, limit.\nvar rate, limit, rates, limits int\n"},
		{"b.go", "package x\n\n// first a size, and then a rate: size, rate.\nvar rateLimit, size, sizes, other int\n"},
		{"c.go", "package x\n\n// first a rate, and then a limit: rate, limit.\nvar rate, limit, rates, limits int\n"},
	} {
		require.True(t, m.Add(f.path, []byte(f.text)))
	}

	require.NoError(t, m.Finish(t.Context()))

	q := rank.ParseQuestion("where is the rate limit")
	assert.Equal(t, []string{"ratelimit", "rate_limit"}, q.Joined)

	hits, err := rank.Search(t.Context(), m, q, rank.Filter{}, rank.Default(), 3)
	require.NoError(t, err)
	assert.Equal(t, "b.go", hits[0].Path)
	assert.Empty(t, rank.ParseQuestion("Rate::limit").Joined, "a name is not put together")
	assert.Equal(t, []string{"limit_cache"}, rank.ParseQuestion("limit cache limitCache").Joined, "what is asked for anyway is not asked for twice")
}

func TestSelectorsAreCalledLikeTheirFirstPart(t *testing.T) {
	t.Parallel()

	q := rank.ParseQuestion("insertObject:atIndex:")
	assert.Equal(t, rank.Symbol, q.Kind)
	assert.Equal(t, "insertObject", q.Names[0])
	assert.Equal(t, []string{"bar", "Foo"}, rank.ParseQuestion("Foo::bar").Names)
}

func TestQuestionsWithoutAnAnswer(t *testing.T) {
	t.Parallel()

	for _, q := range []string{"", "( )", "zzzzqqq", "\x00", strings.Repeat("(", 100_000), strings.Repeat("unheard ", 12_500)} {
		hits, err := rank.Search(t.Context(), project(t), rank.ParseQuestion(q), rank.Filter{}, rank.Default(), 10)
		require.NoError(t, err)
		assert.Empty(t, hits, "%.20q", q)
	}
}

func TestHitsSayWhatSpeaksForThem(t *testing.T) {
	t.Parallel()

	for _, h := range ask(t, "retry with growing pauses", 10) {
		s := h.Signals
		assert.InDelta(t, h.Score, (s.Words+s.File+s.Latent+s.Subject+s.Named+s.Located+s.Defines)*s.Factor, 1e-9)
		assert.Positive(t, s.Factor)
	}
}

func FuzzParseQuestion(f *testing.F) {
	for _, s := range []string{"Foo::bar", "a.go:12", "x\ny(", "\xff", "_", "::"} {
		f.Add(s)
	}

	f.Fuzz(func(t *testing.T, text string) {
		q := rank.ParseQuestion(text)
		if q.Kind == rank.Symbol && len(q.Names) == 0 && len(q.Terms) > 0 {
			t.Fatalf("%q is a symbol without a name", text)
		}

		m := evaluate.NewMemory()
		m.Add("a.go", []byte("package a\n\nfunc Foo() {}\n"))

		if err := m.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}

		if _, err := rank.Search(t.Context(), m, q, rank.Filter{}, rank.Default(), 5); err != nil {
			t.Fatal(err)
		}
	})
}
