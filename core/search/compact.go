package search

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/lexical"
)

const (
	// mostSegments is how many small segments there may be, and fewSegments how many
	// are left when they are put together.
	mostSegments, fewSegments = 8, 4
	// mostDead is which part of a segment may be dead, in percent.
	mostDead = 25
)

// compact puts segments together when there are many, and makes those anew that are
// dead to a good part. Segments of [mostDecoded] chunks stay as they are.
func (x *indexing) compact(ctx context.Context) error {
	infos, err := x.s.Store.Segments(ctx, x.index.ID, false)
	if err != nil {
		return err
	}
	for _, group := range groups(infos) {
		x.track.update(true, func(p *Progress) { p.Phase = PhaseCompact })
		if err := x.merge(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// groups are the numbers of segments to be put together.
func groups(infos []SegmentInfo) [][]int32 {
	living := func(i *SegmentInfo) int { return i.Chunks - i.DeadChunks }
	var small []*SegmentInfo
	var out [][]int32
	for i := range infos {
		switch info := &infos[i]; {
		case info.DeadFiles > 0 && info.DeadFiles == info.FileCount, info.DeadChunks*percent > mostDead*info.Chunks:
			out = append(out, []int32{info.Number})
		case living(info) < mostDecoded/2:
			small = append(small, info)
		}
	}
	if len(small)+len(out) <= mostSegments {
		return out
	}
	// The smallest ones, those that are made anew among them, up to a size.
	slices.SortFunc(small, func(a, b *SegmentInfo) int { return cmp.Compare(living(a), living(b)) })
	var group []int32
	size := 0
	for _, info := range small[:max(0, len(small)-fewSegments+1)] {
		if size+living(info) > mostDecoded && len(group) > 1 {
			out, group, size = append(out, group), nil, 0
		}
		group, size = append(group, info.Number), size+living(info)
	}
	if len(group) > 1 {
		out = append(out, group)
	}
	return out
}

// merge puts segments together into one.
func (x *indexing) merge(ctx context.Context, numbers []int32) error {
	infos, err := x.s.Store.Segments(ctx, x.index.ID, true)
	if err != nil {
		return err
	}
	var parts []lexical.Part
	var files [][]int32
	for i := range infos {
		if !slices.Contains(numbers, infos[i].Number) {
			continue
		}
		part, err := x.s.part(ctx, x.index.ID, &infos[i])
		if err != nil {
			return err
		}
		parts, files = append(parts, part), append(files, infos[i].Files)
	}
	merged, kept, err := lexical.Merge(parts)
	if err != nil {
		return damaged(err)
	}
	segment := &Segment{Number: x.index.NextSegment, Head: merged.Head.Encode(), Chunks: len(merged.Head.Lengths), Postings: merged.Postings}
	for _, k := range kept {
		segment.Files = append(segment.Files, files[k.Part][k.File])
	}
	x.index.NextSegment++
	return x.s.Store.Compact(ctx, x.hold, numbers, segment)
}

// deadOf are the files of a segment that are gone.
func deadOf(info *SegmentInfo) map[uint32]bool {
	dead := make(map[uint32]bool, len(info.Dead))
	for _, ordinal := range info.Dead {
		dead[ordinal] = true
	}
	return dead
}

// damaged says what to do about an index that cannot be read.
func damaged(err error) error {
	return fault.Failed("index_damaged", "the search index cannot be read").
		WithHint("`layercake search index` with --force makes it anew").Wrap(fmt.Errorf("read the index: %w", err))
}
