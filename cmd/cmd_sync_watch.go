package cmd

import (
	"context"
	"errors"
	"path"
	"sync"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/markdown"
)

func newCmdSyncWatch(f *Factory) *cobra.Command {
	var noIndex bool
	cmd := &cobra.Command{
		Use:   "watch",
		Short: "Keep the markdown files and the database in step",
		Long: `Keep the markdown files and the database in step until you interrupt it: as soon as
a file is saved, or anybody changes the project, it does what "layercake sync"
does, and prints a line for each thing that it read, wrote or left alone.

It waits while git is in the middle of a merge or the like, while the database is
away, and while a file is half written; it says so once, and goes on by itself.

Where the code has been indexed, the index follows the files, also after a checkout:
beside the sync, which never waits for it, and without asking a provider.

With --json each sync that did something is one document, on one line.`,
		Example: "  layercake sync watch\n  layercake sync watch --jq '.data.taken[].record'",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, markdown.SyncResult{})
	cmd.Flags().BoolVar(&noIndex, "no-index", false, "leave the index of the code as it is")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		if err := s.hasRoot(); err != nil {
			return err
		}
		p, err := s.project(ctx)
		if err != nil {
			return err
		}
		following, done := f.untilOutputGone(ctx)
		defer done()
		if !noIndex {
			defer f.followCode(following, s)()
		}
		f.say("watching %s; interrupt it to end", path.Join(s.at.Root, p.DocsDir))
		err = s.files().Watch(following, markdown.WatchParams{
			SyncParams: s.syncParams(s.by(ctx), false), DocsDir: p.DocsDir, Trouble: f.watchTrouble,
			Done: func(ctx context.Context, result *markdown.SyncResult) error {
				f.committed = s.committed(ctx, &result.Result)
				return out.show(result, func(p *printer) { printWatched(p, result) })
			},
		})
		switch {
		case ctx.Err() != nil:
			return exitError(fault.KindInterrupted.ExitCode()) // that is how it ends
		case errors.Is(context.Cause(following), errOutputClosed):
			return errOutputClosed
		}
		return err
	})
	return cmd
}

// followCode keeps the index of the code up to date until the context ends. It has
// connections of its own, so that nobody waits for it. wait waits for its end.
func (f *Factory) followCode(ctx context.Context, s *session) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	var at sync.WaitGroup
	at.Go(func() {
		database, err := db.Open(ctx, f.url, db.Options{})
		if err != nil {
			return // the sync says so
		}
		defer database.Close()
		search.New(search.Config{Store: database.Search(), Now: f.process.Now}).Follow(ctx, s.at.InSearch(), search.FollowParams{
			Trouble: func(err error) {
				if fault.From(err).Kind != fault.KindUnreachable { // the sync says that
					f.warn("the index of the code stays as it is: %v", err)
				}
			},
		})
	})
	return func() {
		cancel()
		at.Wait()
	}
}

// watchTrouble says what a watch waits for.
func (f *Factory) watchTrouble(err error) {
	e := fault.From(err)
	if e.Kind == fault.KindUnreachable {
		f.warn("the database does not answer; going on as soon as it does")
		return
	}
	f.warn("nothing is read or written: %s", e.Error())
	if e.Hint != "" {
		f.say("%s %s", cyan.of("hint:"), e.Hint)
	}
}

// printWatched says what a sync did, each thing in a line.
func printWatched(p *printer, result *markdown.SyncResult) {
	for i := range result.Taken {
		printTaken(p, &result.Taken[i], "read")
	}
	for i := range result.Conflicts {
		c := &result.Conflicts[i]
		p.line("%s %s %s: %s of %s; `layercake sync resolve %s --ours` or --theirs", yellow.of("conflict"), c.ID, c.File, human(c.Field), c.Record, c.ID)
	}
	for _, r := range result.Written {
		if r.Aside != "" {
			p.line("%s %s; what it held is in %s", green.of("written"), r.Path, r.Aside)
			continue
		}
		p.line("%s %s", green.of("written"), r.Path)
	}
	for _, r := range result.Refused {
		p.line("%s %s: %s; %s", yellow.of("left"), r.Path, r.Message, r.Hint)
	}
}
