package cmd

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/role"
)

// collectionView is a collection of roles as scripts see it.
type collectionView struct {
	Name   string `json:"name"`
	Source string `json:"source"`
	Ref    string `json:"ref"`
	Commit string `json:"commit"`
	// SHA256 is over the names and contents of all files.
	SHA256   string   `json:"sha256"`
	Roles    []string `json:"roles"`
	Replaces []string `json:"replaces"`
}

func newCollectionView(c *role.Collection) collectionView {
	return collectionView{
		Name: c.Name, Source: c.Source, Ref: c.Ref, Commit: c.Commit, SHA256: c.Digest, Roles: c.IDs(), Replaces: c.Replaces,
	}
}

// installedView says what an installation did, or would do.
type installedView struct {
	collectionView

	CommitBefore string   `json:"commit_before"`
	Added        []string `json:"added"`
	Changed      []string `json:"changed"`
	Removed      []string `json:"removed"`
	Unchanged    []string `json:"unchanged"`
	// Skipped are files of the source whose names are no roles, and Shadowed the
	// roles for which the project has files of its own.
	Skipped  []string `json:"skipped"`
	Shadowed []string `json:"shadowed"`
	DryRun   bool     `json:"dry_run"`
}

func newCmdAgentInstall(f *Factory) *cobra.Command {
	var in role.Install
	cmd := &cobra.Command{
		Use:   "install GIT-URL|PATH",
		Short: "Install a collection of roles",
		Long: `Install a collection of roles that projects share: from a git repository, by its address
(https://example.org/agents.git, ssh, or git@example.org:team/agents.git) or its folder,
or from a folder outside of git. Roles are files such as data-steward.md, in the folder
agents of the source or, where there is none, at its top.

Nothing of a collection is run. Git fetches one commit without a work tree: no hooks, no
submodules, no filters, no large files. Links are refused, and so is a file that is no
role. The files go to .layercake/agents/NAME, pinned by commit and SHA-256 in
.layercake/agents/collections.json; read them, and commit them. A file that is changed
there later is refused when it is to be used.

Installing a collection again brings it up to date and says what changed. A role that
is built in is replaced only with --replace-builtin; a role of the project's own always
counts before one of a collection. --discard-edits throws away what was changed in the
files of the collection.`,
		Example: "  layercake agent install ../shared/agents --name shared --dry-run\n" +
			"  layercake agent install ../team-agents --ref v2",
		Args: exactly("GIT-URL|PATH"),
	}
	out := addOutput(cmd, f, installedView{})
	flags := cmd.Flags()
	flags.StringVar(&in.Ref, "ref", "", "the `BRANCH`, tag or commit; by default the default branch")
	flags.Var(name{&in.Name}, "name", "what the collection is called here; by default the last part of its address")
	flags.BoolVar(&in.ReplaceBuiltin, "replace-builtin", false, "put its roles in place of built-in ones of the same name")
	flags.BoolVar(&in.DiscardEdits, "discard-edits", false, "throw away what was changed in its files here")
	flags.BoolVar(&in.DryRun, "dry-run", false, "only say what would be done")
	cmd.RunE = f.withProject(func(cmd *cobra.Command, roles *core.Roles, root string, args []string) error {
		in.Root, in.Dir, in.Source = root, f.process.Dir, args[0]
		done, err := roles.Install(cmd.Context(), in)
		if err != nil {
			return err
		}
		view := &installedView{
			collectionView: newCollectionView(&done.Collection), CommitBefore: done.Before, Added: done.Added, Changed: done.Changed,
			Removed: done.Removed, Unchanged: done.Unchanged, Skipped: done.Skipped, Shadowed: done.Shadowed, DryRun: in.DryRun,
		}
		if err := out.written(done.Name, view, func(p *printer) { printInstalled(p, view) }); err != nil || in.DryRun {
			return err
		}
		for _, id := range done.IDs() {
			if r, err := roles.Get(root, id); err == nil {
				f.warnOfTools(id, newRoleView(r).UnknownTools)
			}
		}
		return nil
	})
	return cmd
}

func printInstalled(p *printer, v *installedView) {
	verb := "installed"
	switch {
	case v.DryRun:
		verb = "would be installed"
	case len(v.Added)+len(v.Changed)+len(v.Removed) == 0:
		verb = "is as it was"
	}
	p.line("%s %s from %s", bold.of(v.Name), verb, v.Source)
	if v.CommitBefore != "" && v.CommitBefore != v.Commit {
		p.field("commit", v.CommitBefore+" → "+v.Commit)
	} else {
		p.field("commit", v.Commit)
	}
	p.field("sha256", v.SHA256)
	p.field("added", v.Added)
	p.field("changed", v.Changed)
	p.field("removed", v.Removed)
	p.field("unchanged", v.Unchanged)
	p.field("replaces", v.Replaces)
	p.field("the project's own", v.Shadowed)
	p.field("no roles", v.Skipped)
}

// shortHash is the beginning of a hash, which is enough to tell it from others.
func shortHash(hash string) string {
	const enough = 12
	return hash[:min(enough, len(hash))]
}

func newCmdAgentCollections(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "collections",
		Aliases: []string{"collection"},
		Short:   "List the collections of roles that are installed",
		Long:    "List the collections of roles that are installed, with where they come from and what they are pinned to.",
		Example: "  layercake agent collections",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, collectionView{})
	cmd.RunE = f.withProject(func(_ *cobra.Command, roles *core.Roles, root string, _ []string) error {
		list, err := roles.Collections(root)
		if err != nil {
			return err
		}
		views := []collectionView{}
		for i := range list {
			views = append(views, newCollectionView(&list[i]))
		}
		return out.show(views, func(p *printer) {
			t := newTable(col("NAME"), col("ROLES").flex(), col("COMMIT"), col("SHA256").ifRoom(), col("FROM").flex())
			for i := range views {
				v := &views[i]
				t.add(bold.of(v.Name), strings.Join(v.Roles, " "), shortHash(v.Commit), shortHash(v.SHA256), v.Source)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdAgentRemove(f *Factory) *cobra.Command {
	var discard, dryRun bool
	cmd := &cobra.Command{
		Use:     "remove NAME",
		Aliases: []string{"uninstall"},
		Short:   "Remove a collection of roles",
		Long: `Remove a collection of roles with its files. Files of it that were changed keep it
there, unless --discard-edits throws them away.`,
		Example:           "  layercake agent remove shared --dry-run\n  layercake agent remove shared",
		Args:              exactly("NAME"),
		ValidArgsFunction: f.completeCollections,
	}
	out := addOutput(cmd, f, collectionView{})
	cmd.Flags().BoolVar(&discard, "discard-edits", false, "throw away what was changed in its files here")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say what would be removed")
	cmd.RunE = f.withProject(func(_ *cobra.Command, roles *core.Roles, root string, args []string) error {
		c, err := roles.Remove(root, args[0], discard, dryRun)
		if err != nil {
			return err
		}
		view := newCollectionView(c)
		return out.written(c.Name, view, func(p *printer) {
			verb := "removed"
			if dryRun {
				verb = "would be removed"
			}
			p.line("%s %s: %s", bold.of(c.Name), verb, strings.Join(view.Roles, ", "))
		})
	})
	return cmd
}

// completeCollections completes the name of a collection.
func (f *Factory) completeCollections(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const nothing = cobra.ShellCompDirectiveNoFileComp
	roles, root, err := f.roles()
	if err != nil || root == "" || len(args) > 0 {
		return nil, nothing
	}
	list, err := roles.Collections(root)
	if err != nil {
		return nil, nothing
	}
	var names []string
	for i := range list {
		names = append(names, cobra.CompletionWithDesc(list[i].Name, inert(list[i].Source)))
	}
	return names, nothing
}
