package evaluate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/search/rank"
)

// answers is how many answers of each question count.
const answers = 10

// Options say what is measured.
type Options struct {
	// Dataset is a folder with repos.json and a file of questions for each
	// repository, or one file of questions about the repository in Repos.
	Dataset string
	// Repos is the folder with the repositories' clones, bare ones too.
	Repos string
	// Compare names other ways to search: see Methods.
	Compare []string
	// Ablate measures the ranking without each of its signals as well.
	Ablate bool
	// Only keeps to the repositories of these names, where it is not empty.
	Only []string
	// Tell hears of each repository that is done; it may be nil.
	Tell func(done, total int, name string)
}

// Report is what was measured.
type Report struct {
	Repositories []RepositoryReport `json:"repositories"`
	Methods      []MethodReport     `json:"methods"`
	// Missing are repositories of the data set without a clone.
	Missing []string `json:"missing,omitempty"`
}

// RepositoryReport is what was measured of one repository.
type RepositoryReport struct {
	Name      string             `json:"name"`
	Language  string             `json:"language,omitempty"`
	Questions int                `json:"questions"`
	Files     int                `json:"files"`
	Chunks    int                `json:"chunks"`
	Bytes     int64              `json:"bytes"`
	IndexMS   float64            `json:"index_ms"`
	NDCG      map[string]float64 `json:"ndcg"` // by method
}

// MethodReport is what was measured of one way to search.
type MethodReport struct {
	Name string `json:"name"`
	// NDCG is the mean over the repositories of their questions' mean.
	NDCG float64 `json:"ndcg"`
	// Categories are the means over all questions of a category.
	Categories map[string]float64 `json:"categories"`
	// P50MS and P95MS are the times of a question, in an index in memory.
	P50MS float64 `json:"p50_ms"`
	P95MS float64 `json:"p95_ms"`
}

// method is a way to answer a question.
type method struct {
	name   string
	answer func(ctx context.Context, r *repository, q string) ([]Found, error)
}

// repository is one repository made ready.
type repository struct {
	report    RepositoryReport
	memory    *Memory
	texts     map[string][]byte
	dir       string // where folder wrote the files; "" before
	questions []Question
}

// tally gathers a method's scores.
type tally struct {
	means      []float64
	categories map[string][]float64
	times      []time.Duration
}

// Run measures. A repository without a clone is named in the report, and the
// others are measured.
func Run(ctx context.Context, o Options) (*Report, error) {
	methods, err := choose(o)
	if err != nil {
		return nil, err
	}

	repositories, questions, err := open(o)
	if err != nil {
		return nil, err
	}

	report := &Report{}
	tallies := make([]tally, len(methods))

	for i, r := range repositories {
		if len(o.Only) > 0 && !slices.Contains(o.Only, r.Name) {
			continue
		}

		clone, err := Clone(ctx, o.Repos, r)
		if err != nil {
			report.Missing = append(report.Missing, r.Name)

			continue
		}

		ready, err := prepare(ctx, clone, r)
		if err != nil {
			return nil, err
		}

		if ready.questions, err = questions(r); err != nil {
			return nil, err
		}

		err = measure(ctx, ready, methods, tallies)
		ready.close()

		if err != nil {
			return nil, err
		}

		report.Repositories = append(report.Repositories, ready.report)

		if o.Tell != nil {
			o.Tell(i+1, len(repositories), r.Name)
		}
	}

	for i, m := range methods {
		report.Methods = append(report.Methods, tallies[i].report(m.name))
	}

	return report, nil
}

// open reads what the options name: a data set, or a file of questions about
// one repository.
func open(o Options) ([]Repository, func(Repository) ([]Question, error), error) {
	info, err := os.Stat(o.Dataset)
	if err != nil {
		return nil, nil, fmt.Errorf("the data set is not readable: %w", err)
	}

	if !info.IsDir() {
		one := []Repository{{Name: ".", Revision: "HEAD"}}

		return one, func(Repository) ([]Question, error) { return Questions(o.Dataset) }, nil
	}

	repositories, err := Repositories(o.Dataset)

	return repositories, func(r Repository) ([]Question, error) {
		return Questions(filepath.Join(o.Dataset, r.Name+".json"))
	}, err
}

// prepare indexes the files of code at the pinned revision.
func prepare(ctx context.Context, clone string, r Repository) (*repository, error) {
	ready := &repository{
		report: RepositoryReport{Name: r.Name, Language: r.Language, NDCG: map[string]float64{}},
		memory: NewMemory(), texts: map[string][]byte{},
	}

	var busy time.Duration

	err := Files(ctx, clone, r, func(name string, text []byte) error {
		if !code[filepath.Ext(name)] {
			return nil
		}

		start := time.Now()

		if ready.memory.Add(name, text) {
			ready.report.Files++
			ready.report.Bytes += int64(len(text))
			ready.texts[name] = text
		}

		busy += time.Since(start)

		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}

	start := time.Now()
	if err := ready.memory.Finish(ctx); err != nil {
		return nil, fmt.Errorf("%s was not indexed: %w", r.Name, err)
	}

	busy += time.Since(start)
	ready.report.Chunks = ready.memory.Len()
	ready.report.IndexMS = milliseconds(busy)

	return ready, nil
}

// code are the files that data sets speak of.
//
//nolint:gochecknoglobals // a constant set
var code = func() map[string]bool {
	m := map[string]bool{}
	for ext := range strings.FieldsSeq(`.py .js .jsx .ts .tsx .go .rs .java .kt .kts .rb .php .c .h .cpp .hpp .cs
		.swift .scala .sbt .ex .exs .dart .lua .sql .sh .bash .zig .hs`) {
		m[ext] = true
	}

	return m
}()

func measure(ctx context.Context, r *repository, methods []method, tallies []tally) error {
	r.report.Questions = len(r.questions)

	for i, m := range methods {
		sum := 0.0

		for _, q := range r.questions {
			start := time.Now()

			found, err := m.answer(ctx, r, q.Text)
			if err != nil {
				return fmt.Errorf("%s: %s, asked %q: %w", m.name, r.report.Name, q.Text, err)
			}

			tallies[i].times = append(tallies[i].times, time.Since(start))
			score := NDCG(q.Targets(), found, answers)
			sum += score

			if tallies[i].categories == nil {
				tallies[i].categories = map[string][]float64{}
			}

			tallies[i].categories[q.Category] = append(tallies[i].categories[q.Category], score)
		}

		if len(r.questions) > 0 {
			r.report.NDCG[m.name] = sum / float64(len(r.questions))
			tallies[i].means = append(tallies[i].means, r.report.NDCG[m.name])
		}
	}

	return nil
}

func (t *tally) report(name string) MethodReport {
	slices.Sort(t.times)

	m := MethodReport{Name: name, NDCG: mean(t.means), Categories: map[string]float64{}}
	for category, scores := range t.categories {
		m.Categories[category] = mean(scores)
	}

	const half, most = 50, 95
	m.P50MS, m.P95MS = percentile(t.times, half), percentile(t.times, most)

	return m
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}

	sum := 0.0
	for _, v := range values {
		sum += v
	}

	return sum / float64(len(values))
}

func percentile(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}

	const whole = 100

	return milliseconds(sorted[min(len(sorted)-1, len(sorted)*percent/whole)])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// found gives hits in the form that scores are made of.
func found(hits []rank.Hit) []Found {
	places := make([]Found, 0, len(hits))
	for _, h := range hits {
		places = append(places, Found{Path: h.Path, StartLine: h.StartLine, EndLine: h.EndLine})
	}

	return places
}
