package search

import (
	"context"

	"github.com/google/uuid"
)

// RemoveAll removes every index of a project, on whichever machine its folder is,
// and returns those that were there.
func (s *Service) RemoveAll(ctx context.Context, project uuid.UUID) ([]Index, error) {
	all, err := s.Store.Indexes(ctx, project)
	if err != nil {
		return nil, err
	}
	removed := []Index{}
	for i := range all {
		there, err := s.Store.Remove(ctx, all[i].ID)
		if err != nil {
			return removed, err
		}
		if there {
			removed = append(removed, all[i])
		}
	}
	return removed, s.Store.RemoveOrphans(ctx)
}
