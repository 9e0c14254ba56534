package lexical

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// How a path's words count, and how much of one is looked at.
const (
	stemWeight = 2 // a file's own name counts twice in its path
	dirsKept   = 3 // directories above the file that say what it is about
)

// What one posting can hold. BM25's saturation makes larger counts all alike.
const (
	bodyBits   = 6
	maxBody    = 1<<bodyBits - 1
	maxDefined = 3
	maxLength  = 1<<16 - 1
)

// Class says what sort of file a chunk comes from, as bits.
type Class uint8

// The classes that ranking treats apart.
const (
	Test     Class = 1 << iota // tests, fixtures, mocks, benchmarks
	Example                    // examples, demonstrations, documentation's code
	Barrel                     // files that only gather other files: __init__.py, mod.rs, index.ts
	Vendored                   // copies of other projects
	Prose                      // text for people rather than code
	Declared                   // declarations without bodies: .d.ts, .pyi
	Legacy                     // kept for older users: compat, deprecated
	Data                       // data and configuration
)

// FileHead is what ranking must know of each file of a segment.
type FileHead struct {
	First uint32 // the number of its first chunk
	Docs  uint32 // how many chunks it has
	Class Class
}

// Head is what ranking must know of a segment besides its postings.
type Head struct {
	Files   []FileHead
	Lengths []uint16 // terms of each chunk
}

// Segment is a part of an index: its head, and the postings of each term.
type Segment struct {
	Head     Head
	Postings map[string][]byte
}

// ErrCorrupt says that stored bytes are not what this package wrote.
var ErrCorrupt = errors.New("the search index is damaged")

const headVersion = 1

// Encode gives the head as bytes.
func (h *Head) Encode() []byte {
	const perFile, perDoc = 4, 2

	out := make([]byte, 0, 16+len(h.Files)*perFile+len(h.Lengths)*perDoc)
	out = append(out, headVersion)
	out = binary.AppendUvarint(out, uint64(len(h.Files)))

	for _, f := range h.Files {
		out = binary.AppendUvarint(out, uint64(f.Docs))
		out = append(out, byte(f.Class))
	}

	out = binary.AppendUvarint(out, uint64(len(h.Lengths)))
	for _, n := range h.Lengths {
		out = binary.LittleEndian.AppendUint16(out, n)
	}

	return out
}

// DecodeHead reads what Encode wrote.
func DecodeHead(data []byte) (*Head, error) {
	if len(data) == 0 || data[0] != headVersion {
		return nil, fmt.Errorf("%w: a head of another version", ErrCorrupt)
	}

	r := reader{data: data[1:]}
	files := r.uvarint()

	if files > uint64(len(r.data)) {
		return nil, fmt.Errorf("%w: a head that says it has %d files", ErrCorrupt, files)
	}

	h := &Head{Files: make([]FileHead, files)}
	first := uint64(0)

	for i := range h.Files {
		docs := r.uvarint()
		if docs > uint64(len(data)) {
			return nil, fmt.Errorf("%w: a file that says it has %d chunks", ErrCorrupt, docs)
		}

		h.Files[i] = FileHead{First: uint32(first), Docs: uint32(docs), Class: Class(r.byte())} //nolint:gosec // looked at above
		first += docs
	}

	docs := r.uvarint()
	if r.bad || docs != first || uint64(len(r.data)) != 2*docs {
		return nil, fmt.Errorf("%w: a head that is cut off", ErrCorrupt)
	}

	h.Lengths = make([]uint16, docs)
	for i := range h.Lengths {
		h.Lengths[i] = binary.LittleEndian.Uint16(r.data[2*i:])
	}

	return h, nil
}

// encodePostings writes a term's files and chunks: both as distances between
// neighbours, so that most numbers fit a byte.
func encodePostings(files []filePosting, docs []posting) []byte {
	out := binary.AppendUvarint(make([]byte, 0, 2+2*len(files)+2*len(docs)), uint64(len(files)))

	last := uint32(0)
	for _, f := range files {
		out = binary.AppendUvarint(out, uint64(f.file-last))
		out = append(out, f.tf)
		last = f.file
	}

	last = 0
	for _, d := range docs {
		out = binary.AppendUvarint(out, uint64(d.doc-last))
		out = append(out, d.body|d.defined<<bodyBits)
		last = d.doc
	}

	return out
}

// EachPosting reads a term's postings: file for each file whose path has the
// term, doc for each chunk that has it in its text (body times) or among the
// names it defines. Either may be nil.
func EachPosting(data []byte, file func(file uint32, tf uint8), doc func(doc uint32, body, defined uint8)) error {
	r := reader{data: data}
	files := r.uvarint()
	last := uint64(0)

	if r.bad && len(data) > 0 {
		return fmt.Errorf("%w: a list of files that has no beginning", ErrCorrupt)
	}

	for range files {
		last += r.uvarint()
		tf := r.byte()

		if r.bad || last > math.MaxUint32 {
			return fmt.Errorf("%w: a list of files that is cut off", ErrCorrupt)
		}

		if file != nil {
			file(uint32(last), tf)
		}
	}

	last = 0
	for len(r.data) > 0 {
		last += r.uvarint()
		packed := r.byte()

		if r.bad || last > math.MaxUint32 {
			return fmt.Errorf("%w: a list of chunks that is cut off", ErrCorrupt)
		}

		if doc != nil {
			doc(uint32(last), packed&maxBody, packed>>bodyBits)
		}
	}

	return nil
}

type reader struct {
	data []byte
	bad  bool
}

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.data)
	if n <= 0 {
		r.bad, r.data = true, nil

		return 0
	}

	r.data = r.data[n:]

	return v
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.bad = true

		return 0
	}

	b := r.data[0]
	r.data = r.data[1:]

	return b
}
