package embed

import (
	"context"
	"slices"
	"sync"
)

// Cache keeps vectors that were paid for.
type Cache interface {
	// Get returns those that are kept, by their keys as text.
	Get(ctx context.Context, s Space, keys [][]byte) (map[string][]float32, error)
	// Put keeps some.
	Put(ctx context.Context, s Space, keys [][]byte, vectors [][]float32) error
}

// Memory is a [Cache] that lasts as long as the process.
type Memory struct {
	mu   sync.Mutex
	kept map[Space]map[string][]float32
}

// NewMemory returns an empty one.
func NewMemory() *Memory { return &Memory{kept: map[Space]map[string][]float32{}} }

// Get returns those that are kept, by their keys as text.
func (m *Memory) Get(_ context.Context, s Space, keys [][]byte) (map[string][]float32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string][]float32{}
	for _, k := range keys {
		if v, ok := m.kept[s][string(k)]; ok {
			found[string(k)] = slices.Clone(v)
		}
	}
	return found, nil
}

// Put keeps some.
func (m *Memory) Put(_ context.Context, s Space, keys [][]byte, vectors [][]float32) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept[s] == nil {
		m.kept[s] = map[string][]float32{}
	}
	for i, k := range keys {
		m.kept[s][string(k)] = slices.Clone(vectors[i])
	}
	return nil
}
