package embed

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/layercake-dev/layercake/core/fault"
)

// Result is what was made of texts.
type Result struct {
	// Vectors are in the order of the texts; nil where there is none.
	Vectors [][]float32
	// Skipped are those that the provider does not take.
	Skipped []Skipped
	// Cached is how many were known already.
	Cached int
	// Tokens and Cost are what was paid; Requests how often the provider was asked.
	Tokens   int64
	Cost     float64
	Requests int
}

// Skipped is a text without a vector.
type Skipped struct {
	Text   int    `json:"text"`
	Reason string `json:"reason"`
}

// job is one call of [Embedder.Documents].
type job struct {
	e     *Embedder
	texts []string
	keys  [][]byte
	// same are the places of equal texts, by the first of them; open are the first
	// ones of those whose vectors are not kept.
	same   map[int][]int
	open   []int
	cached int

	mu     sync.Mutex
	result Result
	// refused counts texts that were not taken before any was.
	refused int
}

// job looks up which vectors are kept.
func (e *Embedder) job(ctx context.Context, texts []string, p Purpose) (*job, error) {
	j := &job{e: e, texts: texts, keys: make([][]byte, len(texts)), same: map[int][]int{}}
	j.result.Vectors = make([][]float32, len(texts))
	firsts := map[string]int{}
	var wanted [][]byte
	var order []int
	for i, text := range texts {
		if strings.TrimSpace(text) == "" {
			j.result.Skipped = append(j.result.Skipped, Skipped{i, "there is nothing in it"})
			continue
		}
		j.keys[i] = Key(text, p)
		at, again := firsts[string(j.keys[i])]
		if !again {
			at = i
			firsts[string(j.keys[i])] = i
			wanted = append(wanted, j.keys[i])
			order = append(order, i)
		}
		j.same[at] = append(j.same[at], i)
	}
	kept, err := e.cache.Get(ctx, e.Space(), wanted)
	if err != nil {
		return nil, err
	}
	for _, i := range order {
		v, ok := kept[string(j.keys[i])]
		if !ok || len(v) != e.Space().Dims {
			j.open = append(j.open, i)
			continue
		}
		j.cached += len(j.same[i])
		j.give(i, v)
	}
	j.result.Cached = j.cached
	return j, nil
}

// give gives a vector to all equal texts.
func (j *job) give(i int, v []float32) {
	for _, at := range j.same[i] {
		j.result.Vectors[at] = v
	}
}

// Documents makes the vectors of texts. When it fails, what was made until then is
// in the result all the same, and in the cache.
func (e *Embedder) Documents(ctx context.Context, texts []string) (*Result, error) {
	j, err := e.job(ctx, texts, Document)
	if err != nil {
		return &Result{Vectors: make([][]float32, len(texts))}, err
	}
	// Requests that are under way come to their end when another one fails: they are
	// paid for.
	goOn, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	queue := make(chan []int)
	var workers sync.WaitGroup
	for range max(1, e.provider.Limits().Requests) {
		workers.Go(func() {
			for batch := range queue {
				if goOn.Err() != nil {
					continue
				}
				if err := j.ask(ctx, batch); err != nil {
					stop(err)
				}
			}
		})
	}
	for _, batch := range j.batches() {
		select {
		case queue <- batch:
		case <-goOn.Done():
		}
	}
	close(queue)
	workers.Wait()
	return &j.result, context.Cause(goOn)
}

// batches divides the texts by the provider's limits.
func (j *job) batches() [][]int {
	limits := j.e.provider.Limits()
	var all [][]int
	var batch []int
	tokens := 0
	for _, i := range j.open {
		n := min(Tokens(j.texts[i]), max(1, limits.InputTokens))
		if len(batch) > 0 && (len(batch) >= limits.Inputs || tokens+n > limits.RequestTokens) {
			all, batch, tokens = append(all, batch), nil, 0
		}
		batch, tokens = append(batch, i), tokens+n
	}
	if len(batch) > 0 {
		all = append(all, batch)
	}
	return all
}

// mostRefused is how many texts may be refused, one by one, before any is taken: then
// it is not the texts that are wrong.
const mostRefused = 3

// ask makes one request. Where the provider does not take a text, the batch is
// halved until it is known which.
func (j *job) ask(ctx context.Context, batch []int) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	texts := make([]string, len(batch))
	tokens := int64(0)
	for n, i := range batch {
		texts[n] = Cut(j.texts[i], j.e.provider.Limits().InputTokens)
		tokens += int64(Tokens(texts[n]))
	}
	price := j.e.provider.Price()
	reserved := price.Cost(tokens)
	if err := j.e.reserve(reserved); err != nil {
		return err
	}
	reply, err := j.e.provider.Embed(ctx, texts, Document)
	if err != nil {
		j.e.settle(reserved, 0)
		if !Refused(err) {
			return err
		}
		if len(batch) == 1 {
			return j.skip(batch[0], err)
		}
		half := len(batch) / 2
		if err := j.ask(ctx, batch[:half]); err != nil {
			return err
		}
		return j.ask(ctx, batch[half:])
	}
	cost := price.Cost(reply.Tokens)
	j.e.settle(reserved, cost)
	if len(reply.Vectors) != len(batch) {
		return fault.Failed(CodeNonsense, "%s made %d vectors of %d texts", j.e.Space().Provider, len(reply.Vectors), len(batch)).
			WithHint("run `layercake search index` to ask again: what is done is kept")
	}
	return j.take(ctx, batch, reply, cost)
}

// take keeps what was answered.
func (j *job) take(ctx context.Context, batch []int, reply *Reply, cost float64) error {
	keys := make([][]byte, len(batch))
	j.mu.Lock()
	for n, i := range batch {
		keys[n] = j.keys[i]
		j.give(i, reply.Vectors[n])
	}
	j.result.Tokens += reply.Tokens
	j.result.Cost += cost
	j.result.Requests++
	j.refused = -1
	j.mu.Unlock()
	// It is paid for, also when nobody waits for it any more.
	if err := j.e.cache.Put(context.WithoutCancel(ctx), j.e.Space(), keys, reply.Vectors); err != nil {
		return fmt.Errorf("keep vectors: %w", err)
	}
	return nil
}

// skip leaves a text out.
func (j *job) skip(i int, err error) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.refused >= 0 {
		j.refused++
		if j.refused >= mostRefused && j.refused < len(j.open) {
			return err
		}
	}
	for _, at := range j.same[i] {
		j.result.Skipped = append(j.result.Skipped, Skipped{at, fault.From(err).Message})
	}
	return nil
}
