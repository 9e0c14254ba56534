package search

import (
	"context"
	"errors"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/embed"
)

// IndexOptions says how to index.
type IndexOptions struct {
	// Anew begins with an empty index.
	Anew bool
	// Progress is told how far it is, a few times a second. Optional.
	Progress func(Progress)
	// NoWait does not wait for another process that indexes: nothing is done then.
	NoWait bool
	// Local asks no provider.
	Local bool
	// Estimated is told what a provider's vectors will cost, before the first request.
	// Optional.
	Estimated func(embed.Space, embed.Estimate)
}

// Indexed says what an indexing did.
type Indexed struct {
	Index Index `json:"index"`
	// Read are files that were read because they were new or changed, Touched those
	// of them that had only another time, Unchanged those that were not read.
	Read      int   `json:"read"`
	Touched   int   `json:"touched"`
	Unchanged int   `json:"unchanged"`
	Removed   int   `json:"removed"`
	Skipped   int   `json:"skipped"`
	Chunks    int   `json:"chunks"`
	Bytes     int64 `json:"bytes"`
	// Waited says that another process was indexing before.
	Waited bool `json:"waited"`
	// Fitted says that it was learnt anew which words mean the same.
	Fitted bool `json:"fitted"`
	// VectorsMissing is why nothing is found by its meaning, or "".
	VectorsMissing string `json:"vectors_missing"`
	// Embedded is what a provider's model made; nil where none was asked.
	Embedded *Embedded     `json:"embedded"`
	Took     time.Duration `json:"-"`
}

// CodeRemoved is the code of the error when an index is removed, or taken over by
// another process, while it is made.
const CodeRemoved = "indexing_lost"

// Index brings the index of a folder up to date, and makes it if there is none. It
// reads the files that changed, and puts them into the index some at a time: when
// it is cut off, at any moment, what was put in stays, and the next call goes on
// from there. Another process that indexes the same folder is waited for.
func (s *Service) Index(ctx context.Context, p Place, opts IndexOptions) (*Indexed, error) {
	index, err := s.lookFor(ctx, p)
	if err == nil && index == nil {
		index, err = s.Store.Add(ctx, s.checkout(p), format)
	}
	if err != nil {
		return nil, err
	}
	tell := opts.Progress
	if tell == nil {
		tell = func(Progress) {}
	}
	hold, waited, err := s.take(ctx, index, opts.NoWait, tell)
	if err != nil {
		return nil, lost(err, p)
	}
	// Only now is known what another one left.
	if index, err = s.Store.Find(ctx, s.checkout(p)); err != nil || index == nil {
		return nil, lost(errors.Join(err, ErrLost), p)
	}
	x := &indexing{
		s: s, index: index, hold: hold, root: p.Root, anew: opts.Anew, local: opts.Local, estimated: opts.Estimated, done: Indexed{Waited: waited},
		track: &tracker{now: Progress{Phase: PhaseScan}, tell: tell, clock: s.Now, began: s.Now()},
	}
	kept, stop := s.keep(ctx, hold, x.track)
	err = x.run(kept)
	if cause := context.Cause(kept); errors.Is(cause, ErrLost) {
		err = cause
	}
	stop()
	// Also when it was cancelled: the next one need not wait.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), Lease)
	defer cancel()
	if endErr := s.Store.End(ending, hold); err == nil {
		err = endErr
	}
	if err != nil {
		return nil, lost(err, p)
	}
	found, err := s.Store.Find(ctx, s.checkout(p))
	if err != nil || found == nil {
		return nil, lost(errors.Join(err, ErrLost), p)
	}
	x.done.Index, x.done.Took = *found, found.Took
	x.track.update(true, func(p *Progress) { p.Phase = PhaseDone })
	return &x.done, nil
}

// lost says what [ErrLost] means to people.
func lost(err error, p Place) error {
	if !errors.Is(err, ErrLost) {
		return err
	}
	return fault.Conflict(CodeRemoved, "the indexing of %s ended: another process took it over, or the index was removed", p.Root).
		WithHint("run `layercake search status`").Wrap(err)
}

// indexing is one call of [Service.Index] that has the run.
type indexing struct {
	s     *Service
	index *Index
	hold  Hold
	root  string
	anew  bool
	track *tracker
	done  Indexed
	// space is the model, and folds says that new chunks get their vectors by it at
	// once.
	model *Model
	folds bool
	// local asks no provider, and estimated is told what one costs.
	local     bool
	estimated func(embed.Space, embed.Estimate)
}

func (x *indexing) run(ctx context.Context) error {
	began := x.s.Now()
	var err error
	if x.done.VectorsMissing, err = x.s.Store.PrepareVectors(ctx); err != nil {
		return err
	}
	if x.anew || x.index.Format != format {
		if err := x.s.Store.Begin(ctx, x.hold, format); err != nil {
			return err
		}
	}
	commit := headCommit(ctx, x.root)
	c, err := x.s.compare(ctx, x.index.ID, x.root)
	if err != nil {
		return err
	}
	x.done.Unchanged = c.unchanged
	if x.model, err = x.s.Store.Model(ctx, x.index.ID); err != nil {
		return err
	}
	if !c.none() {
		if err := x.read(ctx, c); err != nil {
			return err
		}
	}
	if err := x.compact(ctx); err != nil {
		return err
	}
	if err := x.fit(ctx); err != nil {
		return err
	}
	if err := x.s.Store.Finish(ctx, x.hold, commit, x.s.Now().Sub(began)); err != nil {
		return err
	}
	if err := x.embed(ctx); err != nil {
		return err
	}
	return x.tidy(ctx)
}

// tidy makes the search by meaning quick where there are many chunks. Without that
// the answers are the same.
func (x *indexing) tidy(ctx context.Context) error {
	if x.done.VectorsMissing != "" {
		return nil
	}
	infos, err := x.s.Store.Segments(ctx, x.index.ID, false)
	if err != nil {
		return err
	}
	living := 0
	for i := range infos {
		living += infos[i].Chunks - infos[i].DeadChunks
	}
	x.track.update(true, func(p *Progress) { p.Phase = PhaseVectors })
	return x.s.Store.Tidy(ctx, x.index.ID, living)
}
