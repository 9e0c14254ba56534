package search

import (
	"context"
	"fmt"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// ProviderEnd says how it ended when a provider was last asked about an index.
type ProviderEnd struct {
	At time.Time
	// Missing is why not all chunks got their vectors, or "", and Hint what to do
	// about it.
	Missing, Hint string
	// Skipped counts the chunks that the provider did not take, by its reasons.
	Skipped map[string]int
}

// PlacedBy says how many chunks of an index have a vector of a model.
type PlacedBy struct {
	// Model is its name, with the provider's before it.
	Model  string `json:"model"`
	Dims   int    `json:"dims"`
	Chunks int    `json:"chunks"`
}

// ProviderStatus says how far a provider's vectors are.
type ProviderStatus struct {
	embed.Space

	// Chunks is how many of the index's chunks have theirs.
	Chunks int `json:"chunks"`
	// Skipped counts those that the provider does not take, by its reasons.
	Skipped map[string]int `json:"skipped"`
	// Others have vectors of other models, which were asked before.
	Others []PlacedBy `json:"others"`
	// EndedAt is when it was last asked about chunks; nil when it was not.
	EndedAt *time.Time `json:"ended_at"`
	// Missing is why it cannot be asked, or why chunks lack a vector, or "", and Hint
	// what to do about it.
	Missing string `json:"missing"`
	Hint    string `json:"hint"`
}

// providerStatus says how far a provider's vectors are; nil without a provider. The
// provider is not asked.
func (s *Service) providerStatus(ctx context.Context, index int32, chunks int, run *Run) (*ProviderStatus, error) {
	if !s.Provider.named() {
		return nil, nil //nolint:nilnil // as documented
	}
	st := &ProviderStatus{Space: embed.Space{Provider: s.Provider.Config.Provider, Model: s.Provider.Model, Dims: s.Provider.Dims}}
	st.Skipped, st.Others = map[string]int{}, []PlacedBy{}
	c, err := embed.New(s.Provider.Config)
	if err != nil {
		f := fault.From(err)
		st.Missing, st.Hint = f.Message, f.Hint
		return st, nil
	}
	st.Space = c.Space()
	return st, s.placed(ctx, index, chunks, st, run)
}

// placed says how many chunks have their vectors, and why others have none.
func (s *Service) placed(ctx context.Context, index int32, chunks int, st *ProviderStatus, run *Run) error {
	end, err := s.Store.ProviderEnd(ctx, index, modelOf(st.Space))
	if err != nil {
		return err
	}
	if end != nil {
		st.EndedAt, st.Skipped = &end.At, end.Skipped
	}
	if st.Dims == 0 {
		// It would have to be asked.
		st.Missing = "how many numbers the vectors of " + st.Model + " have is not known; set search.dimensions to see how many chunks have theirs"
		st.Hint = "run `layercake config list` to see the settings"
		if end != nil && end.Missing != "" {
			st.Missing, st.Hint = end.Missing, end.Hint
		}
		return nil
	}
	if st.Chunks, err = s.Store.Placed(ctx, index, modelOf(st.Space)); err != nil {
		return err
	}
	if st.Others, err = s.Store.PlacedByOthers(ctx, index, modelOf(st.Space)); err != nil {
		return err
	}
	lacking := chunks - st.Chunks
	for _, n := range st.Skipped {
		lacking -= n
	}
	if lacking <= 0 {
		return nil
	}
	st.Hint = "run `layercake search index`"
	switch {
	case run != nil && run.Renewed && run.Phase == PhaseProvider:
		st.Missing, st.Hint = "being made at this moment", ""
	case end != nil && end.Missing != "":
		st.Missing, st.Hint = end.Missing, end.Hint
	case st.Chunks == 0 && len(st.Others) > 0:
		o := st.Others[0]
		st.Missing = fmt.Sprintf("%d pieces have vectors of %s with %d numbers, which cannot be compared with those", o.Chunks, o.Model, o.Dims)
	case lacking == 1:
		st.Missing = "1 piece has none yet"
	default:
		st.Missing = fmt.Sprintf("%d pieces have none yet", lacking)
	}
	return nil
}
