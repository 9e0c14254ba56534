package cmd

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/search/language"
)

// indexedView is what an indexing did.
type indexedView struct {
	*search.Indexed

	TookMS int64 `json:"took_ms"`
}

func newCmdSearchIndex(f *Factory) *cobra.Command {
	var force, local bool
	mode := progressAuto
	cmd := &cobra.Command{
		Use:   "index",
		Short: "Bring the index of this folder up to date",
		Long: `Bring the index of the project's folder up to date: read the files that changed, and
all of them the first time. Searching does the same when little changed.

What was read stays when it is interrupted, and the next time it goes on from there.
Two at once do the work once. Left out are files that git ignores, those that
.layercakeignore names, binary, generated and minified files, and those of more than
1 MB; "layercake search status" counts them.

Where search.provider is set, it is then asked what the code means. What that costs
is said before, and refused if it is more than search.max_cost. When the provider
cannot be asked, the index is complete without it; the command fails all the same,
with the reason, and with --json what was done is in the error's details. What is
done is kept, and paid for once. --local asks nobody.

--progress json writes how far it is as lines of JSON to the error stream.`,
		Example: "  layercake search index\n  layercake search index --force\n  layercake search index --progress json --json\n" +
			"  layercake search index --local",
		Args: orQuery(),
	}
	out := addOutput(cmd, f, indexedView{})
	cmd.Flags().BoolVar(&force, "force", false, "begin with an empty index, and read every file")
	cmd.Flags().BoolVar(&local, "local", false, "ask no provider, whoever is set")
	addChoice(cmd, &mode, "progress", "how to show how far it is", progressModes())
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if err := s.hasRoot(); err != nil {
			return err
		}
		began := time.Now()
		done, err := s.index(ctx, search.IndexOptions{Anew: force, Local: local}, mode)
		if err != nil {
			return err
		}
		took := time.Since(began)
		view := indexedView{done, took.Milliseconds()}
		failure := unembedded(&view, out.structured())
		switch {
		case failure != nil && out.structured(), f.flags.quiet && !out.structured():
			return failure
		}
		if err := out.show(view, func(p *printer) { printIndexed(p, done, took) }); err != nil {
			return err
		}
		return failure
	})
	return cmd
}

func printIndexed(p *printer, done *search.Indexed, took time.Duration) {
	p.line("%s %s is indexed", green.of("✓"), done.Index.Root)
	read := fmt.Sprintf("%d files, %s, in %s", done.Read, megabytes(done.Bytes), took.Round(time.Millisecond))
	p.field("read", read)
	p.field("unchanged", fmt.Sprintf("%d files", done.Unchanged))
	if done.Removed > 0 {
		p.field("removed", fmt.Sprintf("%d files", done.Removed))
	}
	if done.Skipped > 0 {
		p.field("left out", fmt.Sprintf("%d files; see `layercake search status`", done.Skipped))
	}
	if done.Embedded != nil {
		p.field("vectors", vectorsText(done.Embedded))
	}
	if done.Waited {
		p.field("waited", "another process was indexing before")
	}
}

// indexStatus is the state of an index as scripts see it.
type indexStatus struct {
	*search.Status

	// Root is the folder.
	Root string `json:"root"`
	// Languages counts files by language.
	Languages map[string]int `json:"languages"`
}

func newCmdSearchStatus(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the index of this folder is",
		Long: `Show how the index of the project's folder is, at this moment: none, indexing (and
how far), interrupted, current or stale; how much is in it, in which languages, and
what was left out and why. It changes nothing.`,
		Example: "  layercake search status\n  layercake search status --jq .data.state",
		Args:    orQuery(),
	}
	out := addOutput(cmd, f, indexStatus{})
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if err := s.hasRoot(); err != nil {
			return err
		}
		st, err := s.Search.Status(ctx, s.at.InSearch())
		if err != nil {
			return err
		}
		view := &indexStatus{Status: st, Root: s.at.Root, Languages: map[string]int{}}
		if st.Index != nil {
			if view.Languages, err = s.Search.Languages(ctx, st.Index.ID); err != nil {
				return err
			}
		}
		return out.show(view, func(p *printer) { printIndexStatus(p, view) })
	})
	return cmd
}

func printIndexStatus(p *printer, st *indexStatus) {
	styles := map[search.State]style{
		search.StateCurrent: green, search.StateStale: yellow, search.StateInterrupted: yellow, search.StateIndexing: cyan,
	}
	p.field("index", styles[st.State].of(stateText(st.Status)))
	p.field("folder", st.Root)
	if st.Index == nil {
		return // what is missing for one, making it says
	}
	p.field("indexed", st.Index.IndexedAt)
	if st.Index.Commit != "" {
		const short = 10
		p.field("commit", st.Index.Commit[:min(short, len(st.Index.Commit))])
	}
	p.field("files", fmt.Sprintf("%d, %s, in %d pieces", st.Size.Files, megabytes(st.Size.Bytes), st.Size.Chunks))
	p.field("languages", countedLanguages(st.Languages))
	p.field("left out", counted(st.Size.Skipped))
	switch {
	case st.VectorsMissing != "":
		p.field("meaning", st.VectorsMissing)
	case st.FittedAt != nil:
		p.fold(p.render(dim.of("meaning:       "))+"learnt "+p.when(*st.FittedAt), 0)
	}
	if by := st.Provider; by != nil {
		p.field("provider", fmt.Sprintf("%s, for %d of %d pieces", strings.TrimSpace(by.Provider+" "+by.Model), by.Chunks, st.Size.Chunks))
		p.field("not taken", counted(by.Skipped))
		p.field("lacking", by.Missing)
		if by.Missing != "" {
			p.field("hint", by.Hint)
		}
	}
	if run := st.Run; run != nil && run.Renewed {
		p.field("running", fmt.Sprintf("process %d on %s, since %s: %d of %d files", run.PID, run.Host, p.when(run.BeganAt), run.FilesDone, run.FilesTotal))
	}
}

// stateText says in a sentence what an index is in.
func stateText(st *search.Status) string {
	switch st.State {
	case search.StateNone:
		return "none yet; the first `layercake search` makes it"
	case search.StateIndexing:
		return "being made or brought up to date"
	case search.StateInterrupted:
		return "cut off before its end; `layercake search index` goes on"
	case search.StateStale:
		return "behind by " + behindBy(&st.Fresh) + "; the next search or `layercake search index` reads them"
	case search.StateCurrent:
		return "current"
	}
	return string(st.State)
}

// counted lists numbers by what they count, the largest first.
func counted(counts map[string]int) string {
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = fmt.Sprintf("%s %d", name, counts[name])
	}
	return strings.Join(parts, ", ")
}

func countedLanguages(byID map[string]int) string {
	byName := make(map[string]int, len(byID))
	for id, n := range byID {
		l, _ := language.ByID(id)
		byName[l.Name] += n
	}
	return counted(byName)
}

// removedIndexes says which indexes were removed.
type removedIndexes struct {
	Removed []search.Index `json:"removed"`
	DryRun  bool           `json:"dry_run"`
}

func newCmdSearchRemove(f *Factory) *cobra.Command {
	var all, yes, dryRun bool
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Remove the index of this folder",
		Long: `Remove the index of the project's folder from the database, or with --all those of
all its folders on all machines. Nothing else is lost: the next search makes it anew.`,
		Example: "  layercake search remove --dry-run\n  layercake search remove --yes\n  layercake search remove --all",
		Args:    orQuery(),
	}
	out := addOutput(cmd, f, removedIndexes{})
	cmd.Flags().BoolVar(&all, "all", false, "those of all folders of the project")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if !all {
			if err := s.hasRoot(); err != nil {
				return err
			}
		}
		found, err := s.indexes(ctx, all)
		if err != nil {
			return err
		}
		result := &removedIndexes{Removed: found, DryRun: dryRun}
		if !dryRun && len(found) > 0 {
			if err := f.confirm(ctx, yes, fmt.Sprintf("Remove %s?", indexesOf(found))); err != nil {
				return err
			}
			if err := s.removeIndexes(ctx, all, result); err != nil {
				return err
			}
		}
		return out.written(s.slug, result, func(p *printer) { printRemoved(p, result) })
	})
	return cmd
}

// indexes are those that a removal is about.
func (s *session) indexes(ctx context.Context, all bool) ([]search.Index, error) {
	list, err := s.Search.Indexes(ctx, s.at.Project)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(x search.Index) bool {
		return !all && (x.Root != s.at.Root || x.Host != s.Search.Host)
	}), nil
}

func (s *session) removeIndexes(ctx context.Context, all bool, result *removedIndexes) (err error) {
	if all {
		result.Removed, err = s.Search.RemoveAll(ctx, s.at.Project)
		return err
	}
	there, err := s.Search.Remove(ctx, s.at.InSearch())
	if !there {
		result.Removed = []search.Index{} // another process was quicker
	}
	return err
}

func indexesOf(list []search.Index) string {
	if len(list) == 1 {
		return "the index of " + list[0].Root
	}
	return fmt.Sprintf("%d indexes", len(list))
}

func printRemoved(p *printer, r *removedIndexes) {
	if len(r.Removed) == 0 {
		p.line("there is no index")
	}
	for i := range r.Removed {
		x := &r.Removed[i]
		if r.DryRun {
			p.line("would be removed: the index of %s on %s", x.Root, x.Host)
			continue
		}
		p.line("%s the index of %s on %s is removed", green.of("✓"), x.Root, x.Host)
	}
}
