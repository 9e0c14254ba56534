package lexical

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMergedSegmentSaysTheSame compares segments put together with one built of
// the living files.
func TestMergedSegmentSaysTheSame(t *testing.T) {
	t.Parallel()
	add := func(b *Builder, n int) {
		b.AddFile(fmt.Sprintf("dir%d/file_%d.go", n%3, n), Class(n))
		for c := range n%3 + 1 {
			b.AddChunk(fmt.Appendf(nil, "func handle%d(request Request%d) { retry(%d) }", n, c, n), []string{fmt.Sprintf("handle%d", n)})
		}
	}
	var parts []Part
	want := NewBuilder()
	for i := range 3 {
		b := NewBuilder()
		for n := i * 5; n < i*5+5; n++ {
			add(b, n)
		}
		s := b.Segment()
		parts = append(parts, Part{Head: &s.Head, Postings: s.Postings})
	}
	parts[0].Dead = map[uint32]bool{1: true, 4: true}
	parts[2].Dead = map[uint32]bool{0: true}
	for n := range 15 {
		if n != 1 && n != 4 && n != 10 {
			add(want, n)
		}
	}
	merged, kept, err := Merge(parts)
	require.NoError(t, err)
	require.Equal(t, want.Segment(), merged)
	require.Len(t, kept, 12)
	require.Equal(t, Kept{0, 2}, kept[1])
	require.Equal(t, Kept{2, 4}, kept[11])

	parts[1].Postings["handl"] = []byte{5}
	_, _, err = Merge(parts)
	require.ErrorIs(t, err, ErrCorrupt)
}
