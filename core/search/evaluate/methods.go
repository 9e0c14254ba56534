package evaluate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/rank"
	"github.com/layercake-dev/layercake/core/search/words"
)

// The names of the ways to search.
const (
	Ours    = "layercake"
	BM25    = "bm25"    // the words alone, chunk by chunk
	Latent  = "latent"  // nearness in meaning alone
	Ripgrep = "ripgrep" // files by how many of the question's words they have, then how often
)

// Methods are the names that Compare knows.
func Methods() []string { return []string{BM25, Latent, Ripgrep} }

// choose gives the methods the options ask for; ours comes first.
func choose(o Options) ([]method, error) {
	methods := []method{ranked(Ours, rank.Default())}

	if o.Ablate {
		for _, a := range ablations() {
			w := rank.Default()
			a.without(&w)
			methods = append(methods, ranked("without "+a.name, w))
		}
	}

	for _, name := range o.Compare {
		switch name {
		case BM25:
			methods = append(methods, ranked(BM25, rank.Weights{Words: 1, Test: 1, Example: 1, Barrel: 1, Vendored: 1,
				Declared: 1, Legacy: 1, Prose: 1, Data: 1, Candidates: rank.Default().Candidates}))
		case Latent:
			w := rank.Weights{Latent: 1, Test: 1, Example: 1, Barrel: 1, Vendored: 1, Declared: 1, Legacy: 1, Prose: 1, Data: 1,
				Near: rank.Default().Near}
			methods = append(methods, ranked(Latent, w))
		case Ripgrep:
			if _, err := exec.LookPath("rg"); err != nil {
				return nil, fault.NotFound("ripgrep_missing", "ripgrep is not installed: there is no rg on PATH").
					WithHint("install ripgrep, or leave it out of --compare")
			}

			methods = append(methods, method{name: Ripgrep, answer: ripgrep})
		default:
			return nil, fault.Usage("unknown_method", "there is no way to search called %q", name).
				WithHint("--compare knows %s", strings.Join(Methods(), ", "))
		}
	}

	return methods, nil
}

type ablation struct {
	name    string
	without func(w *rank.Weights)
}

// ablations are the signals that can be taken away, one at a time.
func ablations() []ablation {
	return []ablation{
		{"words", func(w *rank.Weights) { w.Words = 0 }},
		{"file", func(w *rank.Weights) { w.File, w.Cover = 0, 0 }},
		{"latent", func(w *rank.Weights) { w.Latent, w.Subject, w.Near = 0, 0, 0 }},
		{"subject", func(w *rank.Weights) { w.Subject = 0 }},
		{"named", func(w *rank.Weights) { w.Named = 0 }},
		{"located", func(w *rank.Weights) { w.Located = 0 }},
		{"definitions", func(w *rank.Weights) { w.Defines, w.Owned, w.Embedded, w.Plain = 0, 0, 0, 0 }},
		{"classes", func(w *rank.Weights) {
			w.Test, w.Example, w.Barrel, w.Vendored, w.Declared, w.Legacy, w.Prose, w.Data = 1, 1, 1, 1, 1, 1, 1, 1
		}},
	}
}

func ranked(name string, w rank.Weights) method {
	return method{name: name, answer: func(ctx context.Context, r *repository, q string) ([]Found, error) {
		hits, err := rank.Search(ctx, r.memory, rank.ParseQuestion(q), rank.Filter{}, w, answers)

		return found(hits), err
	}}
}

// ripgrep asks rg which files have the question's words, in a folder with the
// same files that ours has indexed.
func ripgrep(ctx context.Context, r *repository, q string) ([]Found, error) {
	dir, err := r.folder()
	if err != nil {
		return nil, err
	}

	type count struct {
		path         string
		words, times int
	}

	counts := map[string]*count{}

	for _, word := range plainWords(q) {
		out, err := exec.CommandContext(ctx, "rg", "--count-matches", "--ignore-case", "--no-ignore", "--hidden",
			"--fixed-strings", "-e", word, dir).Output()

		var failed *exec.ExitError
		if errors.As(err, &failed) && failed.ExitCode() == 1 {
			continue // no matches
		}

		if err != nil {
			return nil, fmt.Errorf("rg: %w", err)
		}

		for line := range strings.Lines(string(out)) {
			at := strings.LastIndexByte(line, ':')
			n, _ := strconv.Atoi(strings.TrimSpace(line[at+1:]))
			name, _ := filepath.Rel(dir, line[:at])

			if counts[name] == nil {
				counts[name] = &count{path: filepath.ToSlash(name)}
			}

			counts[name].words++
			counts[name].times += n
		}
	}

	files := make([]*count, 0, len(counts))
	for _, c := range counts {
		files = append(files, c)
	}

	slices.SortFunc(files, func(x, y *count) int {
		switch {
		case x.words != y.words:
			return y.words - x.words
		case x.times != y.times:
			return y.times - x.times
		default:
			return strings.Compare(x.path, y.path)
		}
	})

	var places []Found
	for _, c := range files[:min(answers, len(files))] {
		places = append(places, Found{Path: c.path})
	}

	return places, nil
}

// plainWords gives the words of a question as they are written.
func plainWords(q string) []string {
	var plain []string

	for _, t := range words.Question(q) {
		if !slices.Contains(plain, t.Word) {
			plain = append(plain, t.Word)
		}
	}

	return plain
}

// folder writes the indexed files out, once.
func (r *repository) folder() (string, error) {
	if r.dir != "" {
		return r.dir, nil
	}

	dir, err := os.MkdirTemp("", "layercake-eval-")
	if err != nil {
		return "", fmt.Errorf("no folder for ripgrep: %w", err)
	}

	r.dir = dir

	for name, text := range r.texts {
		place := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			return "", fmt.Errorf("no folder for ripgrep: %w", err)
		}

		if err := os.WriteFile(place, text, 0o600); err != nil {
			return "", fmt.Errorf("no file for ripgrep: %w", err)
		}
	}

	return dir, nil
}

// close takes away what folder wrote.
func (r *repository) close() {
	if r.dir != "" {
		_ = os.RemoveAll(r.dir)
	}
}
