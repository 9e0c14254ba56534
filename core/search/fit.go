package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/x448/float16"

	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
)

const (
	// fitAt is when a model is learnt anew: when this part of the chunks changed, in
	// percent.
	fitAt, percent = 15, 100
	// mostDecoded is how many chunks are laid out in memory at a time.
	mostDecoded = 100_000
)

// stale reports whether a model is to be learnt anew once so many chunks have come
// and gone.
func (m *Model) stale(further int) bool {
	return m.Version != latent.Version || (m.Changed+further)*percent > fitAt*m.Chunks
}

// decideFolding decides whether new chunks get vectors at once. They do not if the
// model will be learnt anew.
func (x *indexing) decideFolding(_ context.Context, c *changes) error {
	if x.done.VectorsMissing != "" || x.model == nil {
		return nil
	}
	// What is read has about as many chunks as what it replaces, and new files a few.
	further := 0
	for i := range c.gone {
		further += int(c.gone[i].Chunks)
	}
	const bytesPerChunk = 1000
	for _, f := range c.read {
		further += int(f.Size/bytesPerChunk) + 1
		if f.old != nil {
			further += int(f.old.Chunks)
		}
	}
	x.folds = !x.model.stale(further)
	return nil
}

// fit learns the model if there is none, or if much changed since it was learnt,
// and gives every chunk its vector.
func (x *indexing) fit(ctx context.Context) error {
	if x.done.VectorsMissing != "" {
		return nil
	}
	var err error
	if x.model, err = x.s.Store.Model(ctx, x.index.ID); err != nil {
		return err
	}
	if x.model != nil && !x.model.stale(0) && x.folded() {
		return nil
	}
	infos, err := x.s.Store.Segments(ctx, x.index.ID, true)
	if err != nil {
		return err
	}
	living := 0
	for i := range infos {
		living += infos[i].Chunks - infos[i].DeadChunks
	}
	if living == 0 {
		return nil
	}
	x.track.update(true, func(p *Progress) { p.Phase = PhaseFit })
	sample, err := x.sample(ctx, infos)
	if err != nil {
		return err
	}
	space, err := latent.Fit(ctx, sample)
	switch {
	case errors.Is(err, latent.ErrTooSmall):
		space = &latent.Space{} // and not tried again until something changes
	case err != nil:
		return fmt.Errorf("learn which words mean the same: %w", err)
	}
	return x.keepModel(ctx, infos, space, living)
}

// folded reports whether everything that was read has its vectors.
func (x *indexing) folded() bool { return x.folds || x.done.Chunks == 0 }

// sample lays out chunks of as many segments as are needed.
func (x *indexing) sample(ctx context.Context, infos []SegmentInfo) (latent.Corpus, error) {
	var parts []lexical.Part
	chunks := 0
	for i := range infos {
		if chunks >= mostDecoded {
			break
		}
		part, err := x.s.part(ctx, x.index.ID, &infos[i])
		if err != nil {
			return latent.Corpus{}, err
		}
		parts = append(parts, part)
		chunks += infos[i].Chunks - infos[i].DeadChunks
	}
	corpus, err := latent.CorpusOf(parts, latent.MostFitted)
	if err != nil {
		return latent.Corpus{}, fmt.Errorf("read the words of the index: %w", err)
	}
	return corpus, nil
}

// part reads a segment with all its postings.
func (s *Service) part(ctx context.Context, index int32, info *SegmentInfo) (lexical.Part, error) {
	head, err := lexical.DecodeHead(info.Head)
	if err != nil {
		return lexical.Part{}, damaged(err)
	}
	part := lexical.Part{Head: head, Dead: deadOf(info), Postings: map[string][]byte{}}
	err = s.Store.Postings(ctx, index, info.Number, func(term string, data []byte) error {
		part.Postings[term] = data
		return nil
	})
	return part, err
}

// keepModel keeps a model with the vectors of all chunks by it.
func (x *indexing) keepModel(ctx context.Context, infos []SegmentInfo, space *latent.Space, living int) error {
	terms := TermVectors{Terms: slices.Sorted(maps.Keys(space.Terms))}
	for _, term := range terms.Terms {
		axis := space.Terms[term]
		terms.Data = append(terms.Data, encodeAxis(&axis))
	}
	// They are kept half as large as they are used: there may be a million.
	var placed []halfVector
	for i := range infos {
		part, err := x.s.part(ctx, x.index.ID, &infos[i])
		if err != nil {
			return err
		}
		err = placeAll(space, part, infos[i].Files, func(ref Ref, v *latent.Vector) { placed = append(placed, halve(ref, v)) })
		if err != nil {
			return err
		}
	}
	x.track.update(true, func(p *Progress) { p.Phase = PhaseVectors })
	m := &Model{Version: latent.Version, Dims: latent.Dimensions, Chunks: living}
	err := x.s.Store.PutModel(ctx, x.hold, m, terms, func(yield func(Vector) bool) {
		for i := range placed {
			if !yield(placed[i].whole()) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	x.done.Fitted = len(space.Terms) > 0
	return nil
}

// halfVector is a vector in half precision, as the database has it.
type halfVector struct {
	ref    Ref
	values [latent.Dimensions]uint16
}

func halve(ref Ref, v *latent.Vector) halfVector {
	h := halfVector{ref: ref}
	for d := range v {
		h.values[d] = float16.Fromfloat32(v[d]).Bits()
	}
	return h
}

func (h *halfVector) whole() Vector {
	v := Vector{Ref: h.ref, Values: make([]float32, latent.Dimensions)}
	for d := range v.Values {
		v.Values[d] = float16.Frombits(h.values[d]).Float32()
	}
	return v
}

const (
	idfBytes  = 4
	axisBytes = idfBytes + 2*latent.Dimensions
)

// encodeAxis writes what a model knows of a term.
func encodeAxis(a *latent.Axis) []byte {
	out := binary.LittleEndian.AppendUint32(make([]byte, 0, axisBytes), math.Float32bits(a.IDF))
	for _, v := range a.Vector {
		out = binary.LittleEndian.AppendUint16(out, float16.Fromfloat32(v).Bits())
	}
	return out
}

func decodeAxis(data []byte) (a latent.Axis, err error) {
	if len(data) != axisBytes {
		return a, damaged(lexical.ErrCorrupt)
	}
	a.IDF = math.Float32frombits(binary.LittleEndian.Uint32(data))
	for d := range a.Vector {
		a.Vector[d] = float16.Frombits(binary.LittleEndian.Uint16(data[idfBytes+2*d:])).Float32()
	}
	return a, nil
}
