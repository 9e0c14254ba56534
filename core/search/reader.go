package search

import (
	"context"
	"slices"
	"sort"
	"strings"

	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
	"github.com/layercake-dev/layercake/core/search/rank"
)

// segments are those of an index at one of its generations.
type segments struct {
	generation int64
	infos      []SegmentInfo
	heads      []*lexical.Head
}

// mostDefinitions is how many definitions of one name are looked at.
const mostDefinitions = 50

// reader gives package rank what an index has on one question.
type reader struct {
	s     *Service
	index int32
	segs  *segments
	// allowed are the files that the filter leaves, or nil for all.
	allowed map[int32]bool
	// kinds and parts are of the symbols that a file must have one of, where there are
	// any.
	kinds, parts []string
	// files are those of the rows that were fetched, as they were when read.
	files map[string]File
	// said is what a provider said of the question.
	said heard
}

var _ rank.Reader = (*reader)(nil)

// Gather gives, of each segment, what the question's words touch.
func (r *reader) Gather(ctx context.Context, ask rank.Ask) (*rank.Gathered, error) {
	known := r.s.remembered(r.index)
	in := Lookup{Terms: ask.Terms, Names: ask.Names, Most: mostDefinitions, Paths: filters(&ask.Filter), Generation: -1}
	if known != nil {
		in.Generation = known.generation
	}
	found, err := r.s.Store.Lookup(ctx, r.index, in)
	if err != nil {
		return nil, err
	}
	if r.segs = known; known == nil || known.generation != found.Generation {
		if r.segs, err = r.s.remember(r.index, found); err != nil {
			return nil, err
		}
	}
	if in.Paths {
		r.allow(&ask.Filter, found.Paths)
	}
	if err := r.allowSymbols(ctx); err != nil {
		return nil, err
	}
	g := &rank.Gathered{Axes: map[string]latent.Axis{}}
	for i := range r.segs.infos {
		g.Parts = append(g.Parts, lexical.Part{
			Head: r.segs.heads[i], Dead: r.dead(i), Postings: found.Postings[r.segs.infos[i].Number],
		})
	}
	for term, data := range found.TermVectors {
		if g.Axes[term], err = decodeAxis(data); err != nil {
			return nil, err
		}
	}
	r.definitions(g, found.Symbols)
	return g, nil
}

// definitions places symbols in the chunks that they begin in.
func (r *reader) definitions(g *rank.Gathered, symbols []Symbol) {
	refs := make([]Ref, len(symbols))
	for i := range symbols {
		refs[i] = Ref{symbols[i].File, symbols[i].Chunk}
	}
	at := r.places(refs)
	for i := range symbols {
		if c, ok := at[refs[i]]; ok && (r.allowed == nil || r.allowed[symbols[i].File]) {
			g.Definitions = append(g.Definitions, rank.Definition{Name: symbols[i].Name, Kind: symbols[i].Kind, Chunk: c})
		}
	}
}

// Fetch gives the rows of chunks, and the chunks nearest to a vector.
func (r *reader) Fetch(ctx context.Context, want rank.Want) (*rank.Fetched, error) {
	w := Want{Most: want.Limit}
	for _, c := range want.Chunks {
		h := r.segs.heads[c.Part]
		ordinal := sort.Search(len(h.Files), func(i int) bool { return h.Files[i].First+h.Files[i].Docs > c.Doc })
		w.Chunks = append(w.Chunks, Ref{r.segs.infos[c.Part].Files[ordinal], int32(c.Doc - h.Files[ordinal].First)}) //nolint:gosec // fits
	}
	if want.Near != nil {
		w.Near = want.Near[:]
	}
	if r.allowed != nil {
		w.Files = make([]int32, 0, len(r.allowed))
		for file := range r.allowed {
			w.Files = append(w.Files, file)
		}
	}
	if err := r.nearest(ctx, &w, want.Embedding); err != nil {
		return nil, err
	}
	rows, err := r.s.Store.Fetch(ctx, r.index, w)
	if err != nil {
		return nil, err
	}
	similar, err := r.similar(ctx, rows, want.Embedding)
	if err != nil {
		return nil, err
	}
	refs := make([]Ref, len(rows))
	for i := range rows {
		refs[i] = rows[i].Ref
	}
	at := r.places(refs)
	fetched := &rank.Fetched{}
	for i := range rows {
		row := &rows[i]
		c, ok := at[row.Ref]
		if !ok {
			continue // of a segment that came after the words were looked up
		}
		r.files[row.In.Path] = row.In
		out := rank.Row{
			Chunk: c, Path: row.In.Path, Language: row.In.Language, StartLine: int(row.StartLine), EndLine: int(row.EndLine),
			Symbol: row.Symbol, Kind: row.Kind, Signature: row.Signature, Defines: row.Defines,
		}
		if len(row.Vector) == latent.Dimensions {
			out.Vector = (*latent.Vector)(row.Vector)
		}
		if s, known := similar[row.Ref]; known {
			out.Similarity = &s
		}
		fetched.Rows = append(fetched.Rows, out)
	}
	return fetched, nil
}

// nearest adds the chunks that a provider's model places nearest to the question.
func (r *reader) nearest(ctx context.Context, w *Want, to []float32) error {
	if to == nil {
		return nil
	}
	near, err := r.s.Store.NearestBy(ctx, r.index, r.said.model, to, w.Most, w.Files)
	if len(near) == 0 && err == nil {
		r.said.why = "no chunk has a vector of " + r.said.model.Model + " yet; `layercake search index` makes them"
	}
	for i := range near {
		w.Chunks = append(w.Chunks, near[i].Ref)
	}
	return err
}

// mostCompared is how many chunks of the candidates' files are compared with the
// question.
const mostCompared = 20_000

// similar says how near a provider's model places rows to the question. Those that
// have no vector are not among them.
func (r *reader) similar(ctx context.Context, rows []ChunkRow, to []float32) (map[Ref]float32, error) {
	if to == nil || r.said.why != "" {
		return map[Ref]float32{}, nil
	}
	files := []int32{}
	for i := range rows {
		files = append(files, rows[i].File)
	}
	slices.Sort(files)
	near, err := r.s.Store.NearestBy(ctx, r.index, r.said.model, to, mostCompared, slices.Compact(files))
	similar := make(map[Ref]float32, len(near))
	for i := range near {
		similar[near[i].Ref] = near[i].Score
	}
	return similar, err
}

// places finds where chunks are in the segments. Those that are dead are in none.
func (r *reader) places(refs []Ref) map[Ref]rank.Chunk {
	wanted := make(map[int32][]Ref, len(refs))
	for _, ref := range refs {
		wanted[ref.File] = append(wanted[ref.File], ref)
	}
	at := make(map[Ref]rank.Chunk, len(refs))
	for i := range r.segs.infos {
		info := &r.segs.infos[i]
		for ordinal, file := range info.Files {
			for _, ref := range wanted[file] {
				f := r.segs.heads[i].Files[ordinal]
				if uint32(ref.Ordinal) < f.Docs && !slices.Contains(info.Dead, uint32(ordinal)) { //nolint:gosec // counted from 0
					at[ref] = rank.Chunk{Part: uint32(i), Doc: f.First + uint32(ref.Ordinal)} //nolint:gosec // as above
				}
			}
		}
	}
	return at
}

// dead are the files of a segment that are gone or left out.
func (r *reader) dead(segment int) map[uint32]bool {
	info := &r.segs.infos[segment]
	dead := deadOf(info)
	if r.allowed != nil {
		for ordinal, file := range info.Files {
			if !r.allowed[file] {
				dead[uint32(ordinal)] = true
			}
		}
	}
	return dead
}

func filters(f *rank.Filter) bool {
	return len(f.Languages)+len(f.Paths)+len(f.Not) > 0 || f.Changed != nil
}

// allow finds the files that a filter leaves.
func (r *reader) allow(f *rank.Filter, paths []FilePath) {
	r.allowed = map[int32]bool{}
	only, not := patterns(f.Paths), patterns(f.Not)
	var changed map[string]bool
	if f.Changed != nil {
		changed = make(map[string]bool, len(f.Changed))
		for _, name := range f.Changed {
			changed[name] = true
		}
	}
	for i := range paths {
		p := &paths[i]
		parts := strings.Split(p.Path, "/")
		switch {
		case len(f.Languages) > 0 && !slices.Contains(f.Languages, p.Language):
		case only != nil && !only.Match(parts, false):
		case not != nil && not.Match(parts, false):
		case changed != nil && !changed[p.Path]:
		default:
			r.allowed[p.ID] = true
		}
	}
}

// allowSymbols leaves only files with a symbol that is asked for, so that the best
// chunks are looked for among those. Which chunks it is in is seen in the end.
func (r *reader) allowSymbols(ctx context.Context) error {
	if len(r.kinds)+len(r.parts) == 0 {
		return nil
	}
	files, err := r.s.Store.FilesWith(ctx, r.index, r.kinds, r.parts)
	if err != nil {
		return err
	}
	before := r.allowed
	r.allowed = make(map[int32]bool, len(files))
	for _, file := range files {
		if before == nil || before[file] {
			r.allowed[file] = true
		}
	}
	return nil
}

// remembered are the segments of an index as they were last, or nil.
func (s *Service) remembered(index int32) *segments {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.segments[index]
}

// remember keeps the segments that were found.
func (s *Service) remember(index int32, found *Found) (*segments, error) {
	segs := &segments{generation: found.Generation, infos: found.Segments}
	for i := range segs.infos {
		head, err := lexical.DecodeHead(segs.infos[i].Head)
		if err != nil {
			return nil, damaged(err)
		}
		if len(head.Files) != len(segs.infos[i].Files) {
			return nil, damaged(lexical.ErrCorrupt)
		}
		segs.heads = append(segs.heads, head)
		segs.infos[i].Head = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.segments[index] = segs
	return segs, nil
}
