// Package lexical is the word index of code search: which terms are in which
// chunks, kept as one small row of bytes per term, and the BM25F score over
// them (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25
// and Beyond", 2009, section 3.6).
package lexical

import (
	"path"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/search/words"
)

// Builder gathers the files of one segment. It is used by one goroutine.
type Builder struct {
	head    Head
	ids     map[string]uint32   // term → its number
	names   []string            // number → term
	expand  map[string][]uint32 // identifier → the numbers of its terms
	docs    [][]posting         // term's number → chunks, in order
	files   [][]filePosting     // term's number → files whose path has it
	touched []uint32            // terms of the chunk at hand
	counts  []counts            // term's number → what the chunk at hand has
}

type posting struct {
	doc     uint32
	body    uint8
	defined uint8
}

type filePosting struct {
	file uint32
	tf   uint8
}

type counts struct{ body, defined uint16 }

// NewBuilder makes an empty segment's builder.
func NewBuilder() *Builder {
	return &Builder{ids: map[string]uint32{}, expand: map[string][]uint32{}}
}

// Docs tells how many chunks the segment has so far.
func (b *Builder) Docs() int { return len(b.head.Lengths) }

// Size tells roughly how many bytes of postings were gathered, for keeping a
// segment to a size.
func (b *Builder) Size() int {
	const perDoc = 400 // bytes of postings of a chunk of 1 500 characters, and its share of the terms

	return len(b.head.Lengths) * perDoc
}

// AddFile begins a file; the chunks added next are its own. It gives the
// file's ordinal in the segment. The path is slash-separated and relative.
func (b *Builder) AddFile(name string, class Class) int {
	ordinal := len(b.head.Files)
	b.head.Files = append(b.head.Files, FileHead{First: uint32(len(b.head.Lengths)), Class: class}) //nolint:gosec // a segment has far fewer than 2^32

	tf := map[uint32]uint8{}
	stem := strings.TrimSuffix(path.Base(name), path.Ext(name))
	for _, id := range b.terms(stem, nil) {
		tf[id] += stemWeight
	}

	dirs := strings.Split(path.Dir(name), "/")
	for _, dir := range dirs[max(0, len(dirs)-dirsKept):] {
		words.Scan([]byte(dir), func(identifier []byte) {
			for _, id := range b.terms(string(identifier), nil) {
				tf[id]++
			}
		})
	}

	for id, n := range tf {
		b.files[id] = append(b.files[id], filePosting{file: uint32(ordinal), tf: n}) //nolint:gosec // a segment has far fewer than 2^32
	}

	return ordinal
}

// AddChunk adds a chunk of the file begun last: its text, and the names it
// defines. It gives the chunk's number in the segment.
func (b *Builder) AddChunk(text []byte, defines []string) int {
	doc := len(b.head.Lengths)
	length := 0

	words.Scan(text, func(identifier []byte) {
		ids, known := b.expand[string(identifier)]
		if !known {
			ids = b.terms(string(identifier), identifier)
		}

		for _, id := range ids {
			b.count(id).body++
			length++
		}
	})

	for _, name := range defines {
		words.Scan([]byte(name), func(identifier []byte) {
			for _, id := range b.terms(string(identifier), identifier) {
				b.count(id).defined++
			}
		})
	}

	for _, id := range b.touched {
		n := b.counts[id]
		b.docs[id] = append(b.docs[id], posting{
			doc: uint32(doc), body: uint8(min(n.body, maxBody)), defined: uint8(min(n.defined, maxDefined)), //nolint:gosec // a segment has far fewer than 2^32
		})
		b.counts[id] = counts{}
	}

	b.touched = b.touched[:0]
	b.head.Lengths = append(b.head.Lengths, uint16(min(length, maxLength)))
	b.head.Files[len(b.head.Files)-1].Docs++

	return doc
}

// count gives the counter of a term for the chunk at hand.
func (b *Builder) count(id uint32) *counts {
	n := &b.counts[id]
	if n.body == 0 && n.defined == 0 {
		b.touched = append(b.touched, id)
	}

	return n
}

// terms gives the numbers of an identifier's terms, and remembers them.
func (b *Builder) terms(identifier string, _ []byte) []uint32 {
	if ids, known := b.expand[identifier]; known {
		return ids
	}

	expanded := words.Expand(identifier)
	ids := make([]uint32, 0, len(expanded))

	for _, term := range expanded {
		id, known := b.ids[term]
		if !known {
			id = uint32(len(b.names)) //nolint:gosec // a segment has far fewer than 2^32
			b.ids[term] = id
			b.names = append(b.names, term)
			b.docs = append(b.docs, nil)
			b.files = append(b.files, nil)
			b.counts = append(b.counts, counts{})
		}

		ids = append(ids, id)
	}

	b.expand[strings.Clone(identifier)] = ids

	return ids
}

// Segment gives what was gathered. The builder is not used after it.
func (b *Builder) Segment() *Segment {
	s := &Segment{Head: b.head, Postings: make(map[string][]byte, len(b.names))}

	for id, term := range b.names {
		slices.SortFunc(b.files[id], func(x, y filePosting) int { return int(x.file) - int(y.file) })
		s.Postings[term] = encodePostings(b.files[id], b.docs[id])
	}

	return s
}
