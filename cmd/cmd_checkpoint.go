package cmd

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

func newCmdCheckpoint(f *Factory) *cobra.Command {
	var text string
	cmd := &cobra.Command{
		Use:     "checkpoint",
		Aliases: []string{"checkpoints"},
		Short:   "Record the files as they are, to come back to",
		Long: `Record the files of the project as they are: tracked ones, and untracked ones that
git does not ignore. It is a commit that no branch has, like those of git stash;
the branch, the index and the files stay as they are. "layercake restore" brings
them back.`,
		Example: "  layercake checkpoint -m \"before the refactoring\"\n  layercake checkpoint list",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, git.Checkpoint{})
	cmd.Flags().StringVarP(&text, "message", "m", "", "what it is for")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, _ []string) error {
		c, err := s.Checkpoints.Make(ctx, s.by(ctx), s.at, text)
		if err != nil {
			return err
		}
		return out.written(strconv.Itoa(c.ID), c, func(p *printer) {
			p.line("%s checkpoint %s; `layercake restore %d` comes back to it", green.of("✓"), bold.of(strconv.Itoa(c.ID)), c.ID)
		})
	})
	cmd.AddCommand(newCmdCheckpointList(f), newCmdCheckpointShow(f), newCmdCheckpointDrop(f))
	return cmd
}

func newCmdCheckpointList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the checkpoints, newest first",
		Long:    "List the checkpoints in this repository, newest first.",
		Example: "  layercake checkpoint list --json=id,text",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, git.Checkpoint{})
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		list, err := s.Checkpoints.List(ctx, s.at)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			if len(list) == 0 && p.tty {
				p.line("There are no checkpoints; `layercake checkpoint` makes one.")
				return
			}
			t := newTable(col("#").toRight(), col("WHEN"), col("BRANCH").ifRoom(), col("COMMIT").ifRoom(), col("TEXT").flex())
			for i := range list {
				c := &list[i]
				t.add(bold.of(strconv.Itoa(c.ID)), c.At, c.Branch, c.Commit[:shownID], c.Text)
			}
			p.table(t)
		})
	})
	return cmd
}

// shownID is how much of a commit's id is shown.
const shownID = 10

func newCmdCheckpointShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show ID",
		Short:             "Show a checkpoint, file by file",
		Long:              "Show a checkpoint: how its files differ from the commit that it was made on.",
		Example:           "  layercake checkpoint show 1",
		Args:              exactly("ID"),
		ValidArgsFunction: f.completeCheckpoints,
	}
	out := addOutput(cmd, f, core.CheckpointView{})
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		id, err := checkpointID(args[0])
		if err != nil {
			return err
		}
		c, err := s.Checkpoints.Get(ctx, s.at, id)
		if err != nil {
			return err
		}
		return out.show(c, func(p *printer) {
			p.line("%s %s", bold.of("checkpoint "+strconv.Itoa(c.ID)), c.Text)
			p.field("made", c.At)
			p.field("branch", c.Branch)
			p.field("on", c.Base)
			p.field("commit", c.Commit)
			p.blank()
			if len(c.Changes) == 0 {
				p.line("No file differs from the commit that it was made on.")
			}
			for _, change := range c.Changes {
				p.line("  %-8s %s", change.Change, change.Path)
			}
		})
	})
	return cmd
}

func newCmdCheckpointDrop(f *Factory) *cobra.Command {
	var yes, dryRun bool
	cmd := &cobra.Command{
		Use:   "drop ID",
		Short: "Let go of a checkpoint",
		Long: `Let go of a checkpoint. Git removes its objects some weeks later; until then,
"git branch NAME COMMIT" still finds it. Only a person can.`,
		Example:           "  layercake checkpoint drop 1 --dry-run",
		Args:              exactly("ID"),
		ValidArgsFunction: f.completeCheckpoints,
	}
	out := addOutput(cmd, f, git.Checkpoint{})
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be dropped, and drop nothing")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		id, err := checkpointID(args[0])
		if err != nil {
			return err
		}
		c, err := s.Checkpoints.Get(ctx, s.at, id)
		if err != nil {
			return err
		}
		if dryRun {
			return out.show(c.Checkpoint, func(p *printer) { p.line("checkpoint %d would be dropped: %s", c.ID, c.Text) })
		}
		if err := f.confirm(ctx, yes, "Drop checkpoint "+args[0]+": "+c.Text+"?"); err != nil {
			return err
		}
		dropped, err := s.Checkpoints.Drop(ctx, s.by(ctx), s.at, id)
		if err != nil {
			return err
		}
		return out.written(args[0], dropped, func(p *printer) { p.line("checkpoint %d is dropped; its commit was %s", dropped.ID, dropped.Commit) })
	})
	return cmd
}

func newCmdRestore(f *Factory) *cobra.Command {
	var p git.RestoreParams
	cmd := &cobra.Command{
		Use:   "restore ID",
		Short: "Bring the files back to a checkpoint",
		Long: `Bring the files of the project back to what they were at a checkpoint. First a
checkpoint is made of what they are now, so nothing is lost: restore that one to
undo it. The branch and the index stay as they are. Files that were made since
are listed, and removed only with --remove. Files that git ignores stay.

It is refused during a merge, rebase, cherry-pick, revert or bisect.`,
		Example:           "  layercake restore 1 --dry-run\n  layercake restore 1",
		Args:              exactly("ID"),
		ValidArgsFunction: f.completeCheckpoints,
	}
	out := addOutput(cmd, f, git.Restored{})
	cmd.Flags().BoolVar(&p.Remove, "remove", false, "remove files that were made since")
	cmd.Flags().BoolVar(&p.DryRun, "dry-run", false, "say file by file what would be done, and do nothing")
	restore := func(ctx context.Context, s *session, args []string) (err error) {
		if p.ID, err = checkpointID(args[0]); err != nil {
			return err
		}
		r, err := s.Checkpoints.Restore(ctx, s.by(ctx), s.at, p)
		if err != nil {
			return err
		}
		return out.written(args[0], r, func(pr *printer) { printRestored(pr, r) })
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if p.DryRun {
			return f.reading(restore)(cmd, args)
		}
		return f.changing(restore)(cmd, args)
	}
	return cmd
}

func printRestored(p *printer, r *git.Restored) {
	words := map[git.Effect]string{
		git.EffectBack: "comes back", git.EffectChanged: "as it was", git.EffectExtra: "stays: made since", git.EffectSubmodule: "stays: a submodule",
	}
	if r.Removed {
		words[git.EffectExtra] = "removed"
	}
	left := 0
	for _, f := range r.Files {
		p.line("  %-18s %s", words[f.Effect], f.Path)
		if f.Effect == git.EffectExtra && !r.Removed {
			left++
		}
	}
	switch {
	case len(r.Files) == 0:
		p.line("%s nothing differs from checkpoint %d", green.of("✓"), r.Checkpoint.ID)
	case r.DryRun:
		p.line("Nothing was done; without --dry-run it would be.")
	default:
		p.line("%s checkpoint %d is restored; what was there before is checkpoint %d", green.of("✓"), r.Checkpoint.ID, r.Before.ID)
	}
	if left > 0 {
		p.line("--remove also removes what was made since.")
	}
}

// checkpointID reads the number of a checkpoint.
func checkpointID(text string) (int, error) {
	id, err := strconv.Atoi(text)
	if err != nil || id < 1 {
		return 0, fault.Usage("invalid_checkpoint", "%q is not the number of a checkpoint", text).WithHint("run `layercake checkpoint list`")
	}
	return id, nil
}

// completeCheckpoints completes the numbers of checkpoints, without the database.
func (f *Factory) completeCheckpoints(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	here, err := f.place()
	if err != nil || here.root == "" || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, err := git.AtWith(here.root, f.env.list).Checkpoints(cmd.Context())
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ids := make([]string, 0, len(list))
	for i := range list {
		ids = append(ids, cobra.CompletionWithDesc(strconv.Itoa(list[i].ID), inert(list[i].Text)))
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
