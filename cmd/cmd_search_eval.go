package cmd

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search/evaluate"
)

func newCmdSearchEval(f *Factory) *cobra.Command {
	var o evaluate.Options
	cmd := &cobra.Command{
		Use:   "eval",
		Short: "Measure how well search answers your questions",
		Long: `Measure how well search answers questions whose answers are known: NDCG@10, from 0
to 1. A file of questions is about the repository that --repos names, as it was
committed last, and looks like this:

  [{"query": "where are retries backed off", "relevant": ["net/retry.go"]}]

A folder has repos.json and a file of questions for each repository, and --repos is
the folder with their clones. It all happens in memory; no index and no database is
needed.

--compare measures other ways to search beside it, --ablate the ranking without each
of its signals.`,
		Example: "  layercake search eval --dataset questions.json --repos .\n" +
			"  layercake search eval --dataset questions.json --repos . --compare bm25,ripgrep --ablate",
		Args: orQuery(),
	}
	out := addOutput(cmd, f, evaluate.Report{})
	flags := cmd.Flags()
	flags.StringVar(&o.Dataset, "dataset", "", "the questions: a `FILE`, or a folder with repos.json")
	flags.StringVar(&o.Repos, "repos", ".", "the repository, or the `FOLDER` with the clones")
	flags.StringSliceVar(&o.Compare, "compare", nil, "other ways to search beside it: "+strings.Join(evaluate.Methods(), ", "))
	flags.BoolVar(&o.Ablate, "ablate", false, "also without each signal")
	flags.StringSliceVar(&o.Only, "only", nil, "only the repository of this `NAME`; can be repeated")
	_ = cmd.RegisterFlagCompletionFunc("compare", cobra.FixedCompletions(evaluate.Methods(), cobra.ShellCompDirectiveNoFileComp)) // defined above
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if o.Dataset == "" {
			return fault.Usage("missing_flag", "there are no questions").WithHint("name them by --dataset; see `%s --help`", cmd.CommandPath())
		}
		o.Dataset, o.Repos = f.fromHere(o.Dataset), f.fromHere(o.Repos)
		show := f.newProgress(progressAuto)
		o.Tell = func(done, total int, name string) {
			if show.bar {
				f.say("%d of %d: %s", done, total, name)
			}
		}
		report, err := evaluate.Run(cmd.Context(), o)
		if err != nil {
			if _, ok := errors.AsType[*fault.Error](err); ok || cmd.Context().Err() != nil {
				return err
			}
			return fault.Failed("not_measured", "it could not be measured").WithHint("see `%s --help`", cmd.CommandPath()).Wrap(err)
		}
		if len(report.Repositories) == 0 {
			return fault.NotFound("no_repository", "there is no clone in %s of a repository that the questions are about", o.Repos).
				WithHint("see `%s --help`", cmd.CommandPath())
		}
		return out.show(report, func(p *printer) { printReport(p, report) })
	}
	return cmd
}

// printReport writes a table of the ways to search, and one of the repositories.
func printReport(p *printer, r *evaluate.Report) {
	categories := map[string]bool{}
	for i := range r.Methods {
		for name := range r.Methods[i].Categories {
			categories[name] = true
		}
	}
	delete(categories, "") // questions of none
	names := slices.Sorted(maps.Keys(categories))
	columns := []column{col("WAY"), col("NDCG@10").toRight()}
	for _, name := range names {
		columns = append(columns, col(strings.ToUpper(human(name))).toRight())
	}
	t := newTable(append(columns, col("P50 MS").toRight(), col("P95 MS").toRight())...)
	for i := range r.Methods {
		m := &r.Methods[i]
		cells := []any{bold.of(m.Name), fmt.Sprintf("%.3f", m.NDCG)}
		for _, name := range names {
			cells = append(cells, fmt.Sprintf("%.3f", m.Categories[name]))
		}
		t.add(append(cells, fmt.Sprintf("%.2f", m.P50MS), fmt.Sprintf("%.2f", m.P95MS))...)
	}
	p.table(t)
	p.blank()
	t = newTable(col("REPOSITORY"), col("NDCG@10").toRight(), col("QUESTIONS").toRight(), col("FILES").toRight(), col("PIECES").toRight())
	for i := range r.Repositories {
		one := &r.Repositories[i]
		t.add(bold.of(one.Name), fmt.Sprintf("%.3f", one.NDCG[evaluate.Ours]), one.Questions, one.Files, one.Chunks)
	}
	p.table(t)
	if len(r.Missing) > 0 {
		p.line("no clone of %s", strings.Join(r.Missing, ", "))
	}
}

// fromHere is a path as it is meant in the folder at hand.
func (f *Factory) fromHere(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.process.Dir, path)
}
