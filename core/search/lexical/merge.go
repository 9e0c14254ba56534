package lexical

import "slices"

// Kept says which file of which part a file of a merged segment was.
type Kept struct {
	Part int
	File uint32
}

// Merge puts the living files of parts into one segment, in the order given by
// their parts and places, and says which they were. The parts have the postings of
// all their terms.
func Merge(parts []Part) (*Segment, []Kept, error) {
	m := merging{parts: parts, out: &Segment{Postings: map[string][]byte{}}}
	m.number()
	terms := map[string]bool{}
	for i := range parts {
		for term := range parts[i].Postings {
			terms[term] = true
		}
	}
	for term := range terms {
		data, err := m.postings(term)
		if err != nil {
			return nil, nil, err
		}
		if data != nil {
			m.out.Postings[term] = data
		}
	}
	return m.out, m.kept, nil
}

const gone = -1

// merging numbers files and chunks anew.
type merging struct {
	parts []Part
	out   *Segment
	kept  []Kept
	// files and docs are the new numbers by part and old number.
	files, docs [][]int64
}

func (m *merging) number() {
	m.files, m.docs = make([][]int64, len(m.parts)), make([][]int64, len(m.parts))
	h := &m.out.Head
	for i := range m.parts {
		p := &m.parts[i]
		m.files[i] = slices.Repeat([]int64{gone}, len(p.Head.Files))
		m.docs[i] = slices.Repeat([]int64{gone}, len(p.Head.Lengths))
		for ordinal, f := range p.Head.Files {
			if p.Dead[uint32(ordinal)] {
				continue
			}
			m.files[i][ordinal] = int64(len(h.Files))
			m.kept = append(m.kept, Kept{i, uint32(ordinal)})
			h.Files = append(h.Files, FileHead{First: uint32(len(h.Lengths)), Docs: f.Docs, Class: f.Class}) //nolint:gosec // segments are small
			for doc := f.First; doc < f.First+f.Docs; doc++ {
				m.docs[i][doc] = int64(len(h.Lengths))
				h.Lengths = append(h.Lengths, p.Head.Lengths[doc])
			}
		}
	}
}

// postings are those of a term in all parts, or nil if no living file has it.
func (m *merging) postings(term string) ([]byte, error) {
	var files []filePosting
	var docs []posting
	for i := range m.parts {
		data := m.parts[i].Postings[term]
		if len(data) == 0 {
			continue
		}
		err := EachPosting(data, func(file uint32, tf uint8) {
			if int(file) < len(m.files[i]) && m.files[i][file] != gone {
				files = append(files, filePosting{file: uint32(m.files[i][file]), tf: tf}) //nolint:gosec // not gone
			}
		}, func(doc uint32, body, defined uint8) {
			if int(doc) < len(m.docs[i]) && m.docs[i][doc] != gone {
				docs = append(docs, posting{doc: uint32(m.docs[i][doc]), body: body, defined: defined}) //nolint:gosec // not gone
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 && len(docs) == 0 {
		return nil, nil
	}
	return encodePostings(files, docs), nil
}
