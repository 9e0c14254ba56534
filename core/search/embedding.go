package search

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"sync"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// Provider says whose model is asked what code means, beside what the index knows by
// itself. Its zero value is nobody's.
type Provider struct {
	embed.Config

	// MaxCost is what one indexing may spend, in US dollars; zero is no limit.
	MaxCost float64
}

// named reports whether there is one.
func (p *Provider) named() bool { return p.Config.Provider != "" }

// clients is the client of a service, made when it is first needed: one that lacks
// its key is no reason not to search.
type clients struct {
	mu     sync.Mutex
	client *embed.Client
}

// client returns the provider's client, which knows how long its vectors are.
func (s *Service) client(ctx context.Context) (*embed.Client, error) {
	s.provider.mu.Lock()
	defer s.provider.mu.Unlock()
	if s.provider.client == nil {
		c, err := embed.New(s.Provider.Config)
		if err != nil {
			return nil, err
		}
		s.provider.client = c
	}
	return s.provider.client, s.provider.client.Learn(ctx)
}

// embedder takes texts, with a budget of its own.
func (s *Service) embedder(c *embed.Client) *embed.Embedder {
	return embed.NewEmbedder(c, kept{s.Store}, embed.Options{MaxCost: s.Provider.MaxCost})
}

// kept is the cache of vectors that were paid for, in the store: all projects,
// branches and worktrees share it.
type kept struct{ store Vectors }

func modelOf(s embed.Space) EmbeddingModel {
	return EmbeddingModel{Provider: s.Provider, Model: s.Model, Dims: s.Dims}
}

// Get returns those that are kept, by their keys as text.
func (k kept) Get(ctx context.Context, s embed.Space, keys [][]byte) (map[string][]float32, error) {
	if len(keys) == 0 {
		return map[string][]float32{}, nil
	}
	return k.store.Embeddings(ctx, modelOf(s), keys)
}

// Put keeps some.
func (k kept) Put(ctx context.Context, s embed.Space, keys [][]byte, vectors [][]float32) error {
	return k.store.PutEmbeddings(ctx, modelOf(s), keys, vectors)
}

// heard is what a provider says of a question, or why nothing.
type heard struct {
	vector []float32
	model  EmbeddingModel
	why    string
}

// listen asks the provider where a question belongs, beside what else is done. It is
// not asked about names and paths: those are found by themselves.
func (s *Service) listen(ctx context.Context, q *rank.Question) (wait func() heard) {
	if !s.Provider.named() || q.Kind == rank.Symbol || q.Kind == rank.Path || q.Text == "" {
		return func() heard { return heard{} }
	}
	said := make(chan heard, 1)
	text := q.Text
	go func() { said <- s.hear(ctx, text) }()
	return func() heard { return <-said }
}

func (s *Service) hear(ctx context.Context, text string) heard {
	limited, cancel := context.WithTimeout(ctx, embed.DefaultQueryLimit)
	defer cancel()
	c, err := s.client(limited)
	if err != nil {
		return heard{why: fault.From(err).Message}
	}
	v, err := s.embedder(c).Query(ctx, text)
	if err != nil {
		return heard{why: fault.From(err).Message}
	}
	return heard{vector: v, model: modelOf(c.Space())}
}

// Embedded says what an indexing had a provider's model make.
type Embedded struct {
	embed.Space

	// Estimate is what was said before the first request.
	Estimate embed.Estimate `json:"estimate"`
	// Made are the chunks that got their vectors, Cached of them without being asked
	// for; Skipped those that the provider does not take, with the reasons.
	Made    int            `json:"made"`
	Cached  int            `json:"cached"`
	Skipped map[string]int `json:"skipped"`
	// Tokens were paid for, and Cost is that in US dollars, where prices are known.
	Tokens int64   `json:"tokens"`
	Cost   float64 `json:"cost"`
	// Missing is why not all chunks have theirs, or "", and Hint what to do about it.
	// What was made is kept.
	Missing string `json:"missing"`
	Hint    string `json:"hint"`
}

// mostEmbedded is how many chunks are laid out for a provider at a time.
const mostEmbedded = 1024

// embed has the provider make the vectors that are missing. Whatever goes wrong, the
// index itself is complete and stays so; only an end of the indexing is an error.
func (x *indexing) embed(ctx context.Context) error {
	if !x.s.Provider.named() || x.local {
		return nil
	}
	e := &Embedded{Skipped: map[string]int{}}
	e.Provider, e.Model, e.Dims = x.s.Provider.Config.Provider, x.s.Provider.Model, x.s.Provider.Dims
	x.done.Embedded = e
	err := x.embedInto(ctx, e)
	if errors.Is(err, ErrLost) || ctx.Err() != nil {
		return err
	}
	if err != nil {
		f := fault.From(err)
		e.Missing, e.Hint = f.Message, f.Hint
	}
	return nil
}

func (x *indexing) embedInto(ctx context.Context, e *Embedded) error {
	c, err := x.s.client(ctx)
	if err != nil {
		return err
	}
	e.Space = c.Space()
	model := modelOf(e.Space)
	if e.Missing, err = x.s.Store.PrepareProvider(ctx, e.Dims); err != nil || e.Missing != "" {
		return err
	}
	files := map[int32]File{}
	if err := x.s.Store.Files(ctx, x.index.ID, func(f File) error { files[f.ID] = f; return nil }); err != nil {
		return err
	}
	x.track.update(true, func(p *Progress) { p.Phase = PhaseProvider })
	embedder := x.s.embedder(c)
	err = x.eachOpen(ctx, model, files, func(_ []Ref, texts []string) error {
		more, err := embedder.Estimate(ctx, texts)
		e.Estimate = e.Estimate.Add(more)
		return err
	})
	if err != nil || e.Estimate.Texts == 0 {
		return err
	}
	if err := embedder.Check(e.Estimate); err != nil {
		return err
	}
	if x.estimated != nil {
		x.estimated(e.Space, e.Estimate)
	}
	x.track.update(true, func(p *Progress) { p.VectorsTotal = int64(e.Estimate.Texts) })
	return x.eachOpen(ctx, model, files, func(refs []Ref, texts []string) error {
		made, err := embedder.Documents(ctx, texts)
		// What is done is kept, also of what failed.
		return errors.Join(err, x.keepEmbedded(context.WithoutCancel(ctx), e, model, refs, made))
	})
}

// keepEmbedded puts vectors into the index.
func (x *indexing) keepEmbedded(ctx context.Context, e *Embedded, m EmbeddingModel, refs []Ref, made *embed.Result) error {
	var vectors []Vector
	for i, v := range made.Vectors {
		if v != nil {
			vectors = append(vectors, Vector{Ref: refs[i], Values: v})
		}
	}
	for _, s := range made.Skipped {
		e.Skipped[s.Reason]++
	}
	e.Made, e.Cached, e.Tokens, e.Cost = e.Made+len(vectors), e.Cached+made.Cached, e.Tokens+made.Tokens, e.Cost+made.Cost
	x.track.update(false, func(p *Progress) { p.VectorsDone += int64(len(refs)) })
	if len(vectors) == 0 {
		return nil
	}
	return x.s.Store.PutProviderVectors(ctx, x.index.ID, m, vectors)
}

// eachOpen calls fn with the chunks that have no vector yet, some at a time, and the
// texts that are embedded of them.
func (x *indexing) eachOpen(ctx context.Context, m EmbeddingModel, files map[int32]File, fn func(refs []Ref, texts []string) error) error {
	var after Ref
	for {
		open, err := x.s.Store.Unplaced(ctx, x.index.ID, m, after, mostEmbedded)
		if err != nil || len(open) == 0 {
			return err
		}
		after = open[len(open)-1].Ref
		refs, texts, err := x.texts(ctx, open, files)
		if err != nil {
			return err
		}
		if len(refs) > 0 {
			if err := fn(refs, texts); err != nil {
				return err
			}
		}
	}
}

// texts reads what is embedded of chunks. Those of files that have changed since are
// left out: the next indexing has others.
func (x *indexing) texts(ctx context.Context, open []Chunk, files map[int32]File) (refs []Ref, texts []string, err error) {
	limit := x.s.provider.client.Limits().InputTokens
	var text Text
	var parsed Parsed
	file := File{ID: -1}
	for i := range open {
		c := &open[i]
		if c.File != file.ID {
			file = files[c.File]
			file.ID = c.File
			text, parsed = Text{}, Parsed{}
			if file.Path != "" {
				if text, err = x.s.Source.Read(ctx, x.root, Listed{Path: file.Path, Size: file.Size, Modified: file.Modified}); err != nil {
					return nil, nil, err
				}
			}
			if len(text.Bytes) > 0 {
				if parsed, err = x.s.parse(ctx, file.Path, text.Bytes); err != nil {
					return nil, nil, err
				}
			}
		}
		if int(c.Ordinal) >= len(parsed.Chunks) {
			continue
		}
		piece := &parsed.Chunks[c.Ordinal]
		code := text.Bytes[piece.Start:piece.End]
		if hash := sha256.Sum256(code); !bytes.Equal(hash[:], c.ContentHash) {
			continue
		}
		refs = append(refs, c.Ref)
		texts = append(texts, embed.Text(embed.Chunk{
			Path: file.Path, Language: file.Language, Symbol: c.Symbol, Signature: c.Signature, Code: string(code),
		}, limit))
	}
	return refs, texts, nil
}

// ProviderStatus says how far a provider's vectors are.
type ProviderStatus struct {
	embed.Space

	// Chunks is how many of the index's chunks have theirs.
	Chunks int `json:"chunks"`
	// Missing is why it cannot be asked, or "".
	Missing string `json:"missing"`
}

// providerStatus says how far a provider's vectors are; nil without a provider. The
// provider is not asked.
func (s *Service) providerStatus(ctx context.Context, index int32) (*ProviderStatus, error) {
	if !s.Provider.named() {
		return nil, nil //nolint:nilnil // as documented
	}
	st := &ProviderStatus{Space: embed.Space{Provider: s.Provider.Config.Provider, Model: s.Provider.Model, Dims: s.Provider.Dims}}
	c, err := embed.New(s.Provider.Config)
	if err != nil {
		st.Missing = fault.From(err).Message
		return st, nil
	}
	st.Space = c.Space()
	if st.Dims == 0 {
		// It would have to be asked.
		st.Missing = "how many numbers the vectors of " + st.Model + " have is not known; set search.dimensions to see how many chunks have theirs"
		return st, nil
	}
	st.Chunks, err = s.Store.Placed(ctx, index, modelOf(st.Space))
	return st, err
}
