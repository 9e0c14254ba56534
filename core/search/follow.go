package search

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/fnv"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// FollowParams says how an index follows its folder.
type FollowParams struct {
	// Every is how often the folder is looked at. Defaults to two seconds; a folder
	// that takes long to look at is looked at less often.
	Every time.Duration
	// Trouble is told why an indexing failed, once until it is something else.
	// Optional.
	Trouble func(err error)
}

const (
	defaultEvery = 2 * time.Second
	// lookingShare is which part of the time may go into looking: one of so many.
	lookingShare = 50
)

// Follow brings the index of a folder up to date whenever files in it have changed,
// until the context ends. Where there is no index, none is made, and no provider is
// asked. Another process that indexes is not waited for.
func (s *Service) Follow(ctx context.Context, p Place, in FollowParams) {
	if in.Every == 0 {
		in.Every = defaultEvery
	}
	var seen uint64
	told := ""
	for {
		began := s.Now()
		now, err := s.look(ctx, p.Root)
		if err == nil && now != seen {
			if err = s.followed(ctx, p); err == nil {
				seen = now
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case err == nil, errors.Is(err, errBusy):
			told = ""
		case err.Error() != told && in.Trouble != nil:
			told = err.Error()
			in.Trouble(err)
		}
		pause := time.NewTimer(max(in.Every, lookingShare*s.Now().Sub(began)))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return
		}
	}
}

// followed indexes what changed, if there is an index that was finished once.
func (s *Service) followed(ctx context.Context, p Place) error {
	index, err := s.lookFor(ctx, p)
	if err != nil || index == nil || index.IndexedAt == nil {
		return err
	}
	_, err = s.Index(ctx, p, IndexOptions{NoWait: true, Local: true})
	if fault.CodeOf(err) == CodeRemoved {
		return nil
	}
	return err // also that another one is at it: what it read may be older than this
}

// look is a number that tells the files of a folder, as they are now, from others.
func (s *Service) look(ctx context.Context, root string) (uint64, error) {
	listed, _, err := s.Source.List(ctx, root)
	if err != nil {
		return 0, err
	}
	h := fnv.New64a()
	var number [16]byte
	for i := range listed {
		l := &listed[i]
		_, _ = h.Write([]byte(l.Path))
		binary.LittleEndian.PutUint64(number[:8], uint64(l.Size))     //nolint:gosec // as it is
		binary.LittleEndian.PutUint64(number[8:], uint64(l.Modified)) //nolint:gosec // as it is
		_, _ = h.Write(number[:])
	}
	return h.Sum64() | 1, nil // never that of nothing seen
}
