package search

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
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
	// Tokens were paid for, and Cost is that in US dollars if CostKnown says that the
	// price is.
	Tokens    int64   `json:"tokens"`
	Cost      float64 `json:"cost"`
	CostKnown bool    `json:"cost_known"`
	// Missing is why not all chunks have theirs, or "", and Hint what to do about it.
	// What was made is kept.
	Missing string `json:"missing"`
	Hint    string `json:"hint"`
	// Err is the error that says both; nil when nothing is missing.
	Err error `json:"-"`
}

// CodeNoVectors is the code of the error when the database cannot keep vectors.
const CodeNoVectors = "search_vectors_missing"

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
		e.Missing, e.Hint, e.Err = f.Message, f.Hint, f
	}
	return x.s.Store.EndProvider(ctx, x.index.ID, modelOf(e.Space), ProviderEnd{At: x.s.Now(), Missing: e.Missing, Hint: e.Hint, Skipped: e.Skipped})
}

func (x *indexing) embedInto(ctx context.Context, e *Embedded) error {
	c, err := x.s.client(ctx)
	if err != nil {
		return err
	}
	e.Space, e.CostKnown = c.Space(), c.Price().Known
	model := modelOf(e.Space)
	missing, err := x.s.Store.PrepareProvider(ctx, e.Dims)
	if err != nil {
		return err
	}
	if missing != "" {
		return fault.Failed(CodeNoVectors, "%s", missing).WithHint("run `layercake setup`, then `layercake search index`")
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
	if err != nil {
		return err
	}
	if e.Estimate.Texts == 0 {
		return x.s.Store.ForgetOthers(ctx, x.index.ID, model)
	}
	if err := embedder.Check(e.Estimate); err != nil {
		return err
	}
	if x.estimated != nil {
		x.estimated(e.Space, e.Estimate)
	}
	x.track.update(true, func(p *Progress) { p.VectorsTotal = int64(e.Estimate.Texts) })
	err = x.eachOpen(ctx, model, files, func(refs []Ref, texts []string) error {
		made, err := embedder.Documents(ctx, texts)
		// What is done is kept, also of what failed.
		return errors.Join(err, x.keepEmbedded(context.WithoutCancel(ctx), e, model, refs, made))
	})
	if err != nil {
		return err
	}
	// Those of a model that was asked before have nobody left who asks for them.
	return x.s.Store.ForgetOthers(ctx, x.index.ID, model)
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
	limit := x.s.provider.limits().InputTokens
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
