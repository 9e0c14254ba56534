package rank

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/search/latent"
	"github.com/layercake-dev/layercake/core/search/lexical"
	"github.com/layercake-dev/layercake/core/search/words"
)

// judge weighs the candidates of one question.
type judge struct {
	question Question
	weights  Weights
	gathered *Gathered
	scores   [][]float32
	near     *latent.Vector
	defined  map[Chunk][]Definition

	stems  map[string]string  // of words met before: the same names come again and again
	places map[string]float64 // what located said of a path

	files     [][]float64 // what each file's chunks add up to
	bestFile  float64
	covers    [][]float32 // what each file has of each word at its best
	bestCover float64
	bestChunk float64
}

func newJudge(q Question, w Weights, g *Gathered, scores, covers [][]float32, near *latent.Vector) *judge {
	j := &judge{question: q, weights: w, gathered: g, scores: scores, covers: covers, near: near, defined: map[Chunk][]Definition{},
		stems: map[string]string{}, places: map[string]float64{}}
	j.files, j.bestFile = gathers(scores, g)

	for _, part := range scores {
		for _, s := range part {
			j.bestChunk = max(j.bestChunk, float64(s))
		}
	}

	for _, part := range covers {
		for _, s := range part {
			j.bestCover = max(j.bestCover, float64(s))
		}
	}

	for _, d := range g.Definitions {
		j.defined[d.Chunk] = append(j.defined[d.Chunk], d)
	}

	return j
}

// hits gives the candidates with their scores, the best first. Equal ones are
// in the order of their paths and lines, so that answers do not flicker.
func (j *judge) hits(rows []Row) []Hit {
	hits := make([]Hit, 0, len(rows))
	bestLatent := 0.0
	cosines := make([]float64, len(rows))

	for i := range rows {
		if j.near != nil && rows[i].Vector != nil {
			cosines[i] = max(0, float64(j.near.Cosine(rows[i].Vector)))
			bestLatent = max(bestLatent, cosines[i])
		}
	}

	similar := similarities(rows)
	subjects, bestSubject := j.subjects(rows, cosines)

	for i := range rows {
		s := Signals{
			Words:   j.weights.Words * share(j.chunk(rows[i].Chunk), j.bestChunk),
			File:    j.file(rows[i].Chunk),
			Latent:  j.weights.Latent * share(cosines[i], bestLatent),
			Subject: j.weights.Subject * share(subjects[rows[i].Path], bestSubject),
			Named:   j.weights.Named * j.named(rows[i]),
			Located: j.weights.Located * j.place(rows[i].Path),
			Defines: j.defines(rows[i]),
			Factor:  j.factor(rows[i]),

			Provider: j.weights.Provider * similar[i],
		}

		score := (s.Words + s.File + s.Latent + s.Subject + s.Provider + s.Named + s.Located + s.Defines) * s.Factor
		hits = append(hits, Hit{Row: rows[i], Score: score, Signals: s})
	}

	slices.SortStableFunc(hits, func(x, y Hit) int {
		return cmp.Or(cmp.Compare(y.Score, x.Score), cmp.Compare(x.Path, y.Path), cmp.Compare(x.StartLine, y.StartLine))
	})

	return hits
}

// subjects gives, for each file, how near in meaning its candidates are
// together: what the file is about, where one chunk may be near by chance.
func (j *judge) subjects(rows []Row, cosines []float64) (byPath map[string]float64, best float64) {
	byPath = map[string]float64{}

	for i := range rows {
		docs := j.gathered.Parts[rows[i].Part].Head.Files[j.ordinal(rows[i].Chunk)].Docs
		byPath[rows[i].Path] += cosines[i] / math.Pow(float64(max(1, docs)), crowdNear)
	}

	for _, sum := range byPath {
		best = max(best, sum)
	}

	return byPath, best
}

func share(score, best float64) float64 {
	if best <= 0 {
		return 0
	}

	return score / best
}

func (j *judge) chunk(c Chunk) float64 { return float64(j.scores[c.Part][c.Doc]) }

// file tells what the words of the whole file are worth.
func (j *judge) file(c Chunk) float64 {
	ordinal := j.ordinal(c)

	return j.weights.File*share(j.files[c.Part][ordinal], j.bestFile) + j.weights.Cover*share(float64(j.covers[c.Part][ordinal]), j.bestCover)
}

// ordinal finds the file of a chunk by halving.
func (j *judge) ordinal(c Chunk) int {
	files := j.gathered.Parts[c.Part].Head.Files

	i, found := slices.BinarySearchFunc(files, c.Doc, func(f lexical.FileHead, doc uint32) int {
		switch {
		case f.First+f.Docs <= doc:
			return -1
		case f.First > doc:
			return 1
		default:
			return 0
		}
	})
	if !found {
		return min(i, len(files)-1)
	}

	return i
}

// named tells how much of the question is in the names a chunk defines.
func (j *judge) named(row Row) float64 {
	if j.question.Kind == Symbol || j.question.Kind == Path {
		return 0
	}

	have := map[string]bool{}
	for _, name := range row.Defines {
		for _, part := range words.Split(name) {
			have[j.stem(part)] = true
		}
	}

	for part := range strings.SplitSeq(row.Symbol, ".") {
		for _, word := range words.Split(part) {
			have[j.stem(word)] = true
		}
	}

	// A name of several words, all of which were asked for, says more than
	// one that goes on.
	best := 0.0

	for _, name := range row.Defines {
		if parts := words.Split(name); len(parts) > 1 {
			best = max(best, j.asked(parts, func(part string, t words.Term) bool { return j.stem(part) == t.Text }))
		}
	}

	return best + j.covered(func(t words.Term) bool { return have[t.Text] })
}

// asked tells how much of a name's words the question has.
func (j *judge) asked(parts []string, same func(part string, t words.Term) bool) float64 {
	matched := 0

	for _, part := range parts {
		if slices.ContainsFunc(j.question.Terms, func(t words.Term) bool { return !t.Whole && same(part, t) }) {
			matched++
		}
	}

	return share(float64(matched), float64(len(parts)))
}

// stem is words.Stem with a memory.
func (j *judge) stem(word string) string {
	stem, known := j.stems[word]
	if !known {
		stem = words.Stem(word)
		j.stems[word] = stem
	}

	return stem
}

// place is located with a memory: many candidates are of one file.
func (j *judge) place(name string) float64 {
	located, known := j.places[name]
	if !known {
		located = j.located(name)
		j.places[name] = located
	}

	return located
}

// located tells how much of the question is in the file's name and the
// directory it is in, as whole words or as the beginning of one.
func (j *judge) located(name string) float64 {
	if j.question.Kind == Path {
		return j.pathMatch(name)
	}

	if j.question.Kind == Symbol {
		return 0
	}

	stem := words.Split(strings.TrimSuffix(path.Base(name), path.Ext(name)))
	dir := words.Split(path.Base(path.Dir(name)))
	located := j.covered(func(t words.Term) bool {
		is := func(part string) bool { return j.alike(part, t) }

		return slices.ContainsFunc(stem, is) || slices.ContainsFunc(dir, is)
	})

	// A name all of whose words were asked for says more than one that goes on.
	located += precise * j.asked(stem, j.alike)

	for _, file := range j.question.Files {
		if suffixOf(name, file) || suffixOf(file, name) {
			located += fileNamed
		}
	}

	return located
}

// covered tells how much of the question's words has a property.
func (j *judge) covered(has func(words.Term) bool) float64 {
	asked, found := 0.0, 0.0

	for _, t := range j.question.Terms {
		if !t.Whole {
			asked++

			if has(t) {
				found++
			}
		}
	}

	return share(found, asked)
}

// precise is what a file's name gets whose words were all asked for, in
// shares of the weight of places.
const precise = 0.2

// fileNamed is what a file gets that an error message names, in shares of the
// weight of places.
const fileNamed = 2

// pathMatch tells how well a path answers a question that is a path.
func (j *judge) pathMatch(name string) float64 {
	for _, file := range j.question.Files {
		switch {
		case suffixOf(name, file):
			return 4
		case strings.EqualFold(path.Base(name), path.Base(file)):
			return 2
		}
	}

	return 0
}

// suffixOf tells whether the last parts of a path are those of another.
func suffixOf(name, suffix string) bool {
	name, suffix = strings.ToLower(name), strings.ToLower(strings.TrimPrefix(suffix, "./"))

	return name == suffix || strings.HasSuffix(name, "/"+suffix)
}

// shortestPrefix is the shortest beginning of a word that counts as the word.
const shortestPrefix = 3

// alike tells whether a part of a path is a word of the question: the same
// stem, or one the beginning of the other.
func (j *judge) alike(part string, t words.Term) bool {
	if j.stem(part) == t.Text {
		return true
	}

	return len(part) >= shortestPrefix && strings.HasPrefix(t.Word, part) ||
		len(t.Word) >= shortestPrefix && strings.HasPrefix(part, t.Word)
}

// defines tells what it is worth that a chunk defines names asked for.
func (j *judge) defines(row Row) float64 {
	worth := 0.0

	for _, d := range j.defined[row.Chunk] {
		worth = max(worth, j.definition(d, row))
	}

	return worth
}

func (j *judge) definition(d Definition, row Row) float64 {
	q := j.question
	if q.Kind != Symbol {
		for _, name := range q.Names {
			switch {
			case embedded(name) && name == d.Name:
				return j.weights.Embedded
			case strings.EqualFold(name, d.Name):
				return j.weights.Plain
			}
		}

		return 0
	}

	if !strings.EqualFold(d.Name, q.Names[0]) {
		return 0 // the owner: it is only there to tell names apart
	}

	worth := j.weights.Defines * kindWorth(d.Kind)
	if d.Name != q.Names[0] {
		worth /= 2 // of another case
	}

	if q.Owner != "" && ownedBy(row, q.Owner) {
		worth += j.weights.Owned
	}

	stem := strings.TrimSuffix(path.Base(row.Path), path.Ext(row.Path))
	if sameWord(stem, d.Name) {
		worth *= j.weights.Stem
	}

	return worth
}

// ownedBy tells whether a chunk is inside of the symbol that a qualified name
// begins with, or in a file or directory called like it.
func ownedBy(row Row, owner string) bool {
	for part := range strings.SplitSeq(row.Symbol, ".") {
		if strings.EqualFold(part, owner) {
			return true
		}
	}

	stem := strings.TrimSuffix(path.Base(row.Path), path.Ext(row.Path))

	return sameWord(stem, owner) || sameWord(path.Base(path.Dir(row.Path)), owner)
}

// sameWord compares names without regard to case and underscores.
func sameWord(a, b string) bool {
	clean := strings.NewReplacer("_", "", "-", "")

	return strings.EqualFold(clean.Replace(a), clean.Replace(b))
}

// factor holds back chunks of files that are rarely what is sought, unless
// the question speaks of them.
func (j *judge) factor(row Row) float64 {
	file := j.gathered.Parts[row.Part].Head.Files[j.ordinal(row.Chunk)]
	class := file.Class
	factor := 1.0

	if file.Docs > mostOfBarrel {
		class &^= lexical.Barrel // it has code of its own
	}

	for _, c := range []struct {
		class  lexical.Class
		factor float64
		words  string
	}{
		{lexical.Test, j.weights.Test, "test tests testing spec fixture mock mocks mocking stub fake benchmark"},
		{lexical.Example, j.weights.Example, "example examples sample demo docs documentation tutorial"},
		{lexical.Barrel, j.weights.Barrel, "index exports export init package module"},
		{lexical.Vendored, j.weights.Vendored, "vendor vendored third party bundled"},
		{lexical.Declared, j.weights.Declared, "declaration declarations types typings"},
		{lexical.Legacy, j.weights.Legacy, "legacy deprecated compat compatibility old v1"},
		{lexical.Prose, j.weights.Prose, "readme docs documentation guide manual changelog changes why decision decisions"},
		{lexical.Data, j.weights.Data, "config configuration settings yaml json toml xml schema workflow pipeline"},
	} {
		if class&c.class != 0 && !j.speaksOf(c.words) {
			factor *= c.factor
		}
	}

	return factor
}

// mostOfBarrel is how many chunks a file has at most that only gathers others.
const mostOfBarrel = 2

func (j *judge) speaksOf(list string) bool {
	for word := range strings.FieldsSeq(list) {
		for _, t := range j.question.Terms {
			if t.Word == word {
				return true
			}
		}
	}

	return false
}

// kindWorth tells how likely a definition of a kind is what is sought by its
// name: rather the type than a field that is called like it.
func kindWorth(kind string) float64 {
	switch kind {
	case "field", "property", "variable", "constant", "member", "enumerator", "enumConstant":
		return 0.6
	case "namespace", "module":
		return 0.7
	case "impl", "implementation":
		return 0.3
	default:
		return 1
	}
}
