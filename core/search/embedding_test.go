package search_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// provider answers as OpenAI does. To it, a jumper is a sweater.
type provider struct {
	*httptest.Server
	requests, texts atomic.Int64
	// fails is from which request on it fails, and hangs that it answers nothing.
	fails atomic.Int64
	hangs atomic.Bool
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := p.requests.Add(1)
	if from := p.fails.Load(); from > 0 && n >= from {
		http.Error(w, `{"error":{"message":"revoked","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}`, http.StatusUnauthorized)
		return
	}
	var in struct {
		Input []string `json:"input"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if p.hangs.Load() {
		<-r.Context().Done() // only told once the question is read
		return
	}
	p.texts.Add(int64(len(in.Input)))
	var data []map[string]any
	for i, text := range in.Input {
		v := make([]float32, 1536)
		v[len(text)%100+10] = 0.3
		for axis, words := range [][]string{{"jumper", "sweater"}, {"bicycle", "velocipede"}} {
			for _, word := range words {
				if strings.Contains(strings.ToLower(text), word) {
					v[axis] = 1
				}
			}
		}
		data = append(data, map[string]any{"object": "embedding", "index": i, "embedding": v})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data, "usage": map[string]int{"prompt_tokens": 9, "total_tokens": 9}})
}

// by has a service ask the provider.
func (p *provider) by(change ...func(*search.Provider)) func(*search.Config) {
	return func(c *search.Config) {
		c.Provider = search.Provider{Config: embed.Config{
			Provider: embed.OpenAI, BaseURL: p.URL + "/v1", Transport: p.Client().Transport, Getenv: func(string) string { return "sk-test" },
		}}
		for _, fn := range change {
			fn(&c.Provider)
		}
	}
}

func (b *bench) clothes(t *testing.T) {
	t.Helper()
	for _, subject := range []string{"jumper", "trouser", "shirt", "velocipede", "ladder", "kettle"} {
		b.write(t, subject+".go", source(subject))
	}
}

// TestProvider says that a provider's model finds what shares no word with the
// question, that nothing is asked twice, and that the status tells how far it is.
func TestProvider(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := setup(t, p.by())
	b.clothes(t)
	var said embed.Estimate
	done, err := b.Index(t.Context(), b.place, search.IndexOptions{Estimated: func(_ embed.Space, e embed.Estimate) {
		require.Zero(t, p.requests.Load(), "the estimate comes first")
		said = e
	}})
	require.NoError(t, err)
	require.Empty(t, done.Embedded.Missing)
	require.Equal(t, done.Chunks, done.Embedded.Made)
	require.Equal(t, done.Chunks, said.Texts)
	require.Positive(t, done.Embedded.Tokens)
	require.EqualValues(t, 1, p.requests.Load())
	st := b.status(t)
	require.Equal(t, st.Size.Chunks, st.Provider.Chunks)

	require.Equal(t, "jumper.go", b.find(t, "where is the sweater handled")[0])
	require.Equal(t, "velocipede.go", b.find(t, "where is the bicycle handled")[0])
	answer, err := b.Search(t.Context(), b.place, search.Query{Text: "where is the sweater handled", Update: search.UpdateNever})
	require.NoError(t, err)
	require.Positive(t, answer.Hits[0].Signals.Provider)
	require.Empty(t, answer.Unheard)
	require.EqualValues(t, 3, p.requests.Load(), "questions are kept, too")
	b.find(t, "jumperHandler")
	require.EqualValues(t, 3, p.requests.Load(), "names are not asked about")

	done = b.index(t)
	require.Zero(t, done.Embedded.Made)
	require.EqualValues(t, 3, p.requests.Load())

	// An edit costs what was edited, when it is indexed by itself.
	b.write(t, "jumper.go", source("jumper")+"\nvar more = 1\n")
	_, err = b.Search(t.Context(), b.place, search.Query{Text: "kettle kettle"})
	require.NoError(t, err)
	texts := p.texts.Load()
	require.Less(t, b.status(t).Provider.Chunks, b.status(t).Size.Chunks)
	done = b.index(t)
	require.EqualValues(t, done.Embedded.Made, p.texts.Load()-texts)
	require.Equal(t, b.status(t).Size.Chunks, b.status(t).Provider.Chunks)

	// Another checkout has the same texts, and pays nothing.
	b.place.Root = t.TempDir()
	b.clothes(t)
	before := p.requests.Load()
	done = b.index(t)
	require.Equal(t, done.Embedded.Made, done.Embedded.Cached)
	require.Equal(t, before, p.requests.Load())
}

// TestProviderFails says that the index is complete without a provider, that what
// was made is kept, and that it goes on from there.
func TestProviderFails(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := setup(t, p.by())
	for i := range 300 { // more than one request
		b.write(t, "f"+string(rune('a'+i%26))+string(rune('a'+i/26))+".go", source("thing"+string(rune('a'+i%26))+string(rune('a'+i/26))))
	}
	p.fails.Store(2)
	done := b.index(t)
	require.Contains(t, done.Embedded.Missing, "does not accept the key in the environment variable OPENAI_API_KEY")
	require.Contains(t, done.Embedded.Hint, "export OPENAI_API_KEY")
	require.Positive(t, done.Embedded.Made)
	require.Less(t, done.Embedded.Made, done.Chunks)
	require.Equal(t, search.StateCurrent, b.status(t).State)
	st := b.status(t).Provider
	require.Equal(t, done.Embedded.Made, st.Chunks)
	require.Equal(t, done.Embedded.Missing, st.Missing)
	require.Equal(t, done.Embedded.Hint, st.Hint)

	answer, err := b.Search(t.Context(), b.place, search.Query{Text: "thingaa requests handler"})
	require.NoError(t, err)
	require.NotEmpty(t, answer.Hits)
	require.Contains(t, answer.Unheard, "does not accept the key")

	p.fails.Store(0)
	made := done.Embedded.Made
	done = b.index(t)
	require.Empty(t, done.Embedded.Missing)
	require.Equal(t, b.status(t).Size.Chunks-made, done.Embedded.Made)
	require.Empty(t, b.status(t).Provider.Missing)
}

// TestProviderIsSlow says that an answer does not wait for a provider for long, and
// that the answers after it do not wait at all, until it had time to recover.
func TestProviderIsSlow(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	var later atomic.Int64
	b := setup(t, p.by(), func(c *search.Config) {
		c.QuestionLimit = 300 * time.Millisecond
		c.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	b.clothes(t)
	b.index(t)
	ask := func(text string) *search.Answer {
		answer, err := b.Search(t.Context(), b.place, search.Query{Text: text, Update: search.UpdateNever})
		require.NoError(t, err)
		require.NotEmpty(t, answer.Hits)
		return answer
	}
	p.hangs.Store(true)
	answer := ask("where is the kettle handled")
	require.Equal(t, "kettle.go", answer.Hits[0].Path)
	require.Contains(t, answer.Unheard, "openai did not answer within 300ms")
	gathered, err := b.Gather(t.Context(), b.place, search.Query{Text: "where is the ladder handled", Update: search.UpdateNever}, 1000)
	require.NoError(t, err)
	require.Contains(t, gathered.Unheard, "asked again from")

	p.hangs.Store(false)
	asked := p.requests.Load()
	require.Contains(t, ask("where is the shirt handled").Unheard, "in time a moment ago")
	require.Equal(t, asked, p.requests.Load(), "nobody waits for it")
	later.Store(int64(time.Minute))
	require.Empty(t, ask("where is the shirt handled").Unheard)
	require.Equal(t, asked+1, p.requests.Load())
}

// TestAnotherModel says that vectors of two models are never mixed, that the status
// says so, and that going back costs nothing.
func TestAnotherModel(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := setup(t, p.by())
	b.clothes(t)
	all := b.index(t).Embedded.Made
	b.service(p.by(func(p *search.Provider) { p.Model = "text-embedding-ada-002" }))
	answer, err := b.Search(t.Context(), b.place, search.Query{Text: "where is the jumper handled"})
	require.NoError(t, err)
	require.Zero(t, answer.Hits[0].Signals.Provider)
	require.Contains(t, answer.Unheard, "no chunk has a vector of text-embedding-ada-002 yet")
	st := b.status(t).Provider
	require.Zero(t, st.Chunks)
	require.Equal(t, all, st.Others[0].Chunks)
	require.Contains(t, st.Missing, "text-embedding-3-small with 1536 numbers")
	require.Equal(t, "run `layercake search index`", st.Hint)

	require.Equal(t, all, b.index(t).Embedded.Made)
	st = b.status(t).Provider
	require.Empty(t, st.Others)
	require.Empty(t, st.Missing)
	require.NotNil(t, st.EndedAt)
	asked := p.requests.Load()
	b.service(p.by())
	require.Equal(t, all, b.index(t).Embedded.Cached)
	require.Equal(t, asked, p.requests.Load())

	// Of another length, the vectors are in another table.
	b.service(p.by(func(p *search.Provider) { p.Dims = 512 }))
	done := b.index(t).Embedded
	require.Contains(t, done.Missing, "have 1536 numbers, and 512 were expected")
	require.Equal(t, "search_dimensions_differ", fault.CodeOf(done.Err))
	st = b.status(t).Provider
	require.Equal(t, done.Missing, st.Missing)
	require.Contains(t, st.Hint, "layercake config set search.dimensions 1536")
	require.Equal(t, all, st.Others[0].Chunks, "they are kept until there are others")
}

// TestSearchesPayNothing says that only who asks for an index has a provider paid.
func TestSearchesPayNothing(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	b := setup(t, p.by())
	b.clothes(t)
	_, err := b.Search(t.Context(), b.place, search.Query{Text: "jumperHandler", Update: search.UpdateAlways})
	require.NoError(t, err)
	require.Zero(t, p.requests.Load())
	st := b.status(t)
	require.Equal(t, fmt.Sprintf("%d pieces have none yet", st.Size.Chunks), st.Provider.Missing)
}

// TestProviderSettings says that wrong settings and too small a budget keep nobody
// from searching, and that nobody is asked.
func TestProviderSettings(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	for name, x := range map[string]struct {
		change func(*search.Provider)
		says   string
	}{
		"no key": {func(p *search.Provider) { p.Getenv = nil }, "OPENAI_API_KEY is not set"},
		"budget": {func(p *search.Provider) { p.BaseURL, p.MaxCost = "", 1e-9 }, "search.max_cost allows"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, p.by(x.change))
			b.clothes(t)
			done := b.index(t)
			require.Contains(t, done.Embedded.Missing, x.says)
			require.NotEmpty(t, done.Embedded.Hint)
			require.Zero(t, done.Embedded.Made)
			require.NotEmpty(t, b.find(t, "kettleHandler"))
			st := b.status(t).Provider
			require.Zero(t, st.Chunks)
			require.Equal(t, done.Embedded.Missing, st.Missing)
			require.Equal(t, done.Embedded.Hint, st.Hint)
			require.Error(t, done.Embedded.Err)
			require.Zero(t, p.requests.Load())
		})
	}
}
