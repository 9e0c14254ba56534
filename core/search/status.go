package search

import (
	"context"
	"time"
)

// State is what an index is in.
type State string

// The states.
const (
	// StateNone is of folders without an index, or one that was never finished and
	// has nothing in it.
	StateNone State = "none"
	// StateIndexing says that a process is indexing.
	StateIndexing State = "indexing"
	// StateInterrupted says that an indexing did not come to its end; what it got
	// into the index is searched.
	StateInterrupted State = "interrupted"
	// StateCurrent and StateStale say whether files have changed since.
	StateCurrent State = "current"
	StateStale   State = "stale"
)

// Status says how an index is.
type Status struct {
	State State  `json:"state"`
	Index *Index `json:"index"`
	Size  Size   `json:"size"`
	// Run is the indexing that is under way or was interrupted, and how far it is.
	Run *Run `json:"run"`
	// Fresh says how far the index is behind the folder.
	Fresh Freshness `json:"fresh"`
	// Segments and DeadChunks say how much is waiting to be put together.
	Segments   int `json:"segments"`
	DeadChunks int `json:"dead_chunks"`
	// FittedAt is when it was learnt which words mean the same; nil when it was not.
	FittedAt *time.Time `json:"fitted_at"`
	// VectorsMissing is why nothing is found by its meaning, or "".
	VectorsMissing string `json:"vectors_missing"`
	// Provider says how far a provider's vectors are; nil where none is configured.
	Provider *ProviderStatus `json:"provider"`
}

// Status says how the index of a folder is, at this moment.
func (s *Service) Status(ctx context.Context, p Place) (*Status, error) {
	st := &Status{State: StateNone, Size: Size{Skipped: map[string]int{}}}
	var err error
	if st.VectorsMissing, err = s.Store.VectorsMissing(ctx); err != nil {
		return nil, err
	}
	if st.Index, err = s.lookFor(ctx, p); st.Index == nil || err != nil {
		return st, err
	}
	id := st.Index.ID
	if st.Run, err = s.Store.Run(ctx, id); err != nil {
		return nil, err
	}
	if st.Run != nil && st.Run.Renewed && s.died(st.Run) {
		st.Run.Renewed = false
	}
	if st.Size, err = s.Store.Size(ctx, id); err != nil {
		return nil, err
	}
	segments, err := s.Store.Segments(ctx, id, false)
	if err != nil {
		return nil, err
	}
	st.Segments = len(segments)
	for i := range segments {
		st.DeadChunks += segments[i].DeadChunks
	}
	model, err := s.Store.Model(ctx, id)
	if err != nil {
		return nil, err
	}
	if model != nil {
		st.FittedAt = &model.FittedAt
	}
	if st.Provider, err = s.providerStatus(ctx, id, st.Size.Chunks, st.Run); err != nil {
		return nil, err
	}
	c, err := s.compare(ctx, id, p.Root)
	if err != nil {
		return nil, err
	}
	st.Fresh = Freshness{IndexedAt: st.Index.IndexedAt, Commit: st.Index.Commit}
	st.Fresh.count(c)
	st.State = st.state()
	return st, nil
}

func (st *Status) state() State {
	switch {
	case st.Run != nil && st.Run.Renewed:
		return StateIndexing
	case st.Run != nil, st.Index.IndexedAt == nil && st.Size.Files > 0:
		return StateInterrupted
	case st.Index.IndexedAt == nil:
		return StateNone
	case st.Fresh.Current():
		return StateCurrent
	}
	return StateStale
}
