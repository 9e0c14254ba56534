package search

import (
	"context"

	"github.com/layercake-dev/layercake/core/search/lexical"
	"github.com/layercake-dev/layercake/core/search/words"
)

// holding leaves of files those that may have an identifier in them: those in which
// the index has it, and those that are not in the index as they are now. Without an
// index, and where it changes meanwhile, that is all of them.
func (s *Service) holding(ctx context.Context, p Place, files []Listed, name string) ([]Listed, error) {
	terms := words.Expand(name)
	if s.Store == nil || len(terms) == 0 || len(name) > words.Longest {
		return files, nil
	}
	index, err := s.lookFor(ctx, p)
	if err != nil || index == nil || index.Format != format {
		return files, err
	}
	known := map[string]File{}
	if err := s.Store.Files(ctx, index.ID, func(f File) error {
		known[f.Path] = f
		return nil
	}); err != nil {
		return nil, err
	}
	// The last of an identifier's terms is the whole of it where it has several.
	term := terms[len(terms)-1]
	found, err := s.Store.Lookup(ctx, index.ID, Lookup{Terms: []string{term}, Generation: -1})
	if err != nil {
		return nil, err
	}
	if found.Generation != index.Generation {
		return files, nil
	}
	have, err := holders(found, term)
	if err != nil {
		return nil, damaged(err)
	}
	var left []Listed
	for _, l := range files {
		f, indexed := known[l.Path]
		current := indexed && f.Skipped == "" && f.Size == l.Size && f.Modified == l.Modified && !racy(&f)
		if !current || have[f.ID] {
			left = append(left, l)
		}
	}
	return left, nil
}

// holders are the files with a term in their text.
func holders(found *Found, term string) (map[int32]bool, error) {
	have := map[int32]bool{}
	for i := range found.Segments {
		segment := &found.Segments[i]
		data := found.Postings[segment.Number][term]
		if len(data) == 0 {
			continue
		}
		head, err := lexical.DecodeHead(segment.Head)
		if err != nil {
			return nil, err
		}
		at := 0 // chunks come in order, and so do the files
		err = lexical.EachPosting(data, func(uint32, uint8) {}, func(doc uint32, _, _ uint8) {
			for at < len(head.Files) && head.Files[at].First+head.Files[at].Docs <= doc {
				at++
			}
			if at < len(segment.Files) {
				have[segment.Files[at]] = true
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return have, nil
}
