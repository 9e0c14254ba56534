package search

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// clients is the client of a service, made when it is first needed: one that lacks
// its key is no reason not to search.
type clients struct {
	mu     sync.Mutex
	client *embed.Client
	// rests is until when it is not asked about questions, because it let one wait
	// for nothing.
	rests time.Time
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

// limits are those of the client that was made.
func (c *clients) limits() embed.Limits {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client.Limits()
}

// resting is until when the provider is not asked about questions.
func (c *clients) resting() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rests
}

func (c *clients) rest(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rests = until
}

// heard is what a provider says of a question, or why nothing.
type heard struct {
	vector []float32
	model  EmbeddingModel
	why    string
}

// rest is how long a provider is left alone that did not answer a question in time:
// with it, every answer would come later.
const rest = 30 * time.Second

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

// hear asks the provider, and waits for it no longer than a question may.
func (s *Service) hear(ctx context.Context, text string) heard {
	if until := s.provider.resting(); s.Now().Before(until) {
		return heard{why: fmt.Sprintf("%s did not answer a question in time a moment ago, and is asked again from %s on",
			s.Provider.Config.Provider, until.UTC().Format("15:04:05 MST"))}
	}
	limited, cancel := context.WithTimeout(ctx, s.QuestionLimit)
	defer cancel()
	v, model, err := s.placeOf(limited, text)
	switch {
	case err == nil:
		return heard{vector: v, model: model}
	case limited.Err() != nil && ctx.Err() == nil:
		s.provider.rest(s.Now().Add(rest))
		return heard{why: fmt.Sprintf("%s did not answer within %s", s.Provider.Config.Provider, s.QuestionLimit)}
	}
	return heard{why: fault.From(err).Message}
}

// placeOf is where the provider's model places a text.
func (s *Service) placeOf(ctx context.Context, text string) ([]float32, EmbeddingModel, error) {
	c, err := s.client(ctx)
	if err != nil {
		return nil, EmbeddingModel{}, err
	}
	v, err := s.embedder(c).Query(ctx, text)
	return v, modelOf(c.Space()), err
}
