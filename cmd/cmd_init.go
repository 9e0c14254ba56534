package cmd

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/analysis"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/markdown"
)

// ignoredFiles is .layercake/.gitignore: what must not be committed.
const ignoredFiles = `# Written by layercake init. What LayerCake leaves here for itself.
/tmp/
/replaced/
*.lock
`

// initResult says what an init did.
type initResult struct {
	Project string   `json:"project"`
	ID      string   `json:"id"`
	Root    string   `json:"root"`
	Created bool     `json:"created"`
	DryRun  bool     `json:"dry_run"`
	Written []string `json:"written"`
	// Commands are those found in the repository, which a person may accept.
	Commands []analysis.PinnedCommand `json:"commands"`
}

func newCmdInit(f *Factory) *cobra.Command {
	var in projectFields
	var how initFlags
	var dryRun, join bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Make this git repository a project",
		Long: `Make this git repository a project, or with --here this folder of one. Written are
.layercake/project.yaml, which says which project it is, a proposal of the
commands that prove something in .layercake/workflow.yaml, and the markdown
files. Nothing that exists is written over, and a project stays as it is, so it
can be run again.

In the clone of a project that lives in another database, --join makes it known to
the one in use: tasks, decisions, memories and notes then travel by the markdown
files, and STATUS and GATES stay that other database's.

The commands count only once a person accepted them with "layercake trust".

--git-commit says whether LayerCake commits its own files, and only those, on the
current branch: as they change (state), at decisions on gates (gates), or never
(off, the default; you commit them with your work). At a terminal you are asked.
"layercake config set --local git.commit" changes it later; see "layercake help
git".`,
		Example: "  layercake init --dry-run\n  layercake init\n  layercake init --name \"Web shop\" --type traditional --preset standard --tier mvp",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, initResult{})
	cmd.Flags().StringVar(&in.Name, "name", "", "the name; by default that of the folder")
	in.add(cmd)
	cmd.Flags().BoolVarP(&how.yes, "yes", "y", false, "do not ask; make the folder a git repository if it is none")
	addChoice(cmd, &how.commit, "git-commit", "when LayerCake commits its own files", commitModes())
	cmd.Flags().BoolVar(&how.own, "here", false, "make this folder a project of its own, not the whole repository")
	cmd.Flags().BoolVar(&join, "join", false, "take part in a project of another database, by its files")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		do := f.initProject
		switch {
		case join:
			do = f.join
		case dryRun:
			do = f.foretellInit
		}
		how.asks = f.IO.canAsk() && !how.yes && !out.structured() && !f.flags.quiet
		result, err := do(cmd.Context(), &in.NewProject, how)
		if err != nil {
			return err
		}
		return out.written(result.Project, result, func(p *printer) { printInit(p, result) })
	}
	return cmd
}

// initFlags are the flags that say how a repository becomes a project.
type initFlags struct {
	// yes asks nothing, asks says that a person can be asked.
	yes, asks bool
	// own makes the folder a project of its own.
	own bool
	// commit is the value of git.commit, or "".
	commit string
}

func printInit(p *printer, r *initResult) {
	if !r.Created {
		p.line("%s is a project already: %s", r.Root, bold.of(r.Project))
		return
	}
	written := "written"
	if r.DryRun {
		written = "would be written"
		p.line("%s would become the project %s", r.Root, bold.of(r.Project))
	} else {
		p.line("%s %s is now the project %s", green.of("✓"), r.Root, bold.of(r.Project))
	}
	for _, file := range r.Written {
		p.line("  %s: %s", written, file)
	}
	if len(r.Commands) > 0 {
		p.blank()
		p.line("Commands found, to be accepted with %s:", bold.of("layercake trust"))
		for _, c := range r.Commands {
			p.line("  %-16s %s", c.ProofType, strings.Join(c.Argv, " "))
		}
	}
	if !r.DryRun {
		p.blank()
		p.line("Next: commit these files, then `layercake intake`")
	}
}

// foretellInit says what an init would do. It asks no database, which it would
// have to start; the project's short name can still turn out to be taken.
func (f *Factory) foretellInit(ctx context.Context, in *core.NewProject, how initFlags) (*initResult, error) {
	here, err := f.place()
	if err != nil {
		return nil, err
	}
	if here.root != "" && (!how.own || here.root == here.dir) {
		return f.already(ctx, here)
	}
	root := initRoot(here, how.own)
	result := &initResult{Project: cmp.Or(in.Slug, core.Slug(cmp.Or(in.Name, filepath.Base(root)))), Root: root, Created: true, DryRun: true}
	if here.gitRoot == "" {
		result.Written = append(result.Written, ".git")
	}
	result.Written = append(result.Written, filepath.Join(core.StateDir, projectFileName))
	if how.commit != "" {
		result.Written = append(result.Written, filepath.Join(core.StateDir, configFileName))
	}
	docs := filepath.Join(cmp.Or(in.DocsDir, core.DefaultDocsDir), ".gitattributes")
	for _, file := range []string{core.WorkflowFile, filepath.Join(core.StateDir, ".gitignore"), docs} {
		if !exists(filepath.Join(root, file)) {
			result.Written = append(result.Written, file)
		}
	}
	result.Commands, err = analysis.DetectCommands(ctx, root)
	return result, err
}

// initRoot is the folder that becomes a project.
func initRoot(here *place, own bool) string {
	if here.gitRoot != "" && !own {
		return here.gitRoot
	}
	return here.dir
}

func (f *Factory) initProject(ctx context.Context, in *core.NewProject, how initFlags) (*initResult, error) {
	here, err := f.place()
	if err != nil {
		return nil, err
	}
	if here.root != "" && (!how.own || here.root == here.dir) {
		return f.already(ctx, here)
	}
	if here.gitRoot == "" {
		if err := f.gitInit(ctx, here.dir, how.yes); err != nil {
			return nil, err
		}
	}
	root := initRoot(here, how.own)
	if how.commit == "" && how.asks {
		if how.commit, err = f.askCommit(ctx); err != nil {
			return nil, err
		}
	}
	// Before the database: a project without a folder would be left behind.
	if err := os.MkdirAll(filepath.Join(root, core.StateDir), folderMode); err != nil {
		return nil, fault.Failed("cannot_write", "cannot make the folder %s in %s", core.StateDir, root).
			WithHint("run `ls -ld %s` to see who may write there", root).Wrap(err)
	}
	app, err := f.App(ctx)
	if err != nil {
		return nil, err
	}
	if in.Name == "" {
		in.Name = filepath.Base(root)
	}
	p, err := app.Projects.Create(ctx, f.caller(ctx), *in)
	if err != nil {
		return nil, err
	}
	database, err := app.DatabaseID(ctx)
	if err != nil {
		return nil, err
	}
	result := &initResult{Project: p.Slug, ID: p.ID.String(), Root: root, Created: true}
	file := projectFile{
		Version: projectFileVersion, ID: p.ID, Slug: p.Slug, Database: database,
		Name: p.Name, Type: string(p.Type), Preset: string(p.Preset), Tier: string(p.Tier), DocsDir: p.DocsDir,
	}
	if err := writeProjectFile(root, file); err != nil {
		return nil, err
	}
	result.Written = append(result.Written, filepath.Join(core.StateDir, projectFileName))
	if err := result.propose(ctx, p.DocsDir); err != nil {
		return nil, err
	}
	if how.commit != "" {
		if err := setInFile(filepath.Join(root, core.StateDir, configFileName), keyGitCommit, how.commit); err != nil {
			return nil, err
		}
		result.Written = append(result.Written, filepath.Join(core.StateDir, configFileName))
		f.reread()
	}
	s := &session{App: app, f: f, at: core.Place{Project: p.ID, Root: root}, slug: p.Slug}
	f.committed = s.publish(ctx)
	return result, nil
}

// askCommit asks a person whether LayerCake commits its own files. Without an
// answer nothing is set, which is off.
func (f *Factory) askCommit(ctx context.Context) (string, error) {
	f.say("LayerCake keeps docs/*.md and %s/ up to date. It can commit these files by itself, and only these:", core.StateDir)
	f.say("  off    never; you commit them with your work (press Enter for this)")
	f.say("  state  after each change")
	f.say("  gates  when somebody decides on a gate")
	for {
		answer, err := f.ask(ctx, "When should it commit them? off, state or gates")
		if err != nil {
			return "", err
		}
		switch answer = strings.ToLower(answer); {
		case answer == "":
			return "", nil
		case checkCommit(answer) == nil:
			return answer, nil
		}
		f.say("%q is none of the three", answer)
	}
}

// already answers in a folder that is a project, after making sure that the
// database knows it.
func (f *Factory) already(ctx context.Context, here *place) (*initResult, error) {
	s, err := f.session(ctx)
	if err != nil {
		return nil, err
	}
	p, err := s.project(ctx)
	if err != nil {
		return nil, err
	}
	return &initResult{Project: p.Slug, ID: p.ID.String(), Root: here.root, Written: []string{}, Commands: []analysis.PinnedCommand{}}, nil
}

// gitInit makes the folder a git repository, when a person wants that.
func (f *Factory) gitInit(ctx context.Context, dir string, yes bool) error {
	if !yes && !f.IO.canAsk() {
		return fault.Usage("no_git", "%s is not in a git repository, which evidence is tied to", dir).
			WithHint("run `git init`, or `layercake init --yes` to have it done")
	}
	if err := f.confirm(ctx, yes, dir+" is not in a git repository. Run git init?"); err != nil {
		return err
	}
	if out, err := f.git(ctx, dir, "init", "--quiet").CombinedOutput(); err != nil {
		return fault.Failed("git_failed", "git init: %s", strings.TrimSpace(string(out))).Wrap(err).WithHint("run `git init`")
	}
	return nil
}

// propose writes the files that init adds beside project.yaml, where there are
// none.
func (r *initResult) propose(ctx context.Context, docsDir string) error {
	commands, err := analysis.DetectCommands(ctx, r.Root)
	if err != nil {
		return err
	}
	r.Commands = commands
	text, err := workflow.Render(analysis.ToOverrides(commands))
	if err != nil {
		return err
	}
	for _, file := range []struct {
		path    string
		content []byte
	}{
		{core.WorkflowFile, text},
		{filepath.Join(core.StateDir, ".gitignore"), []byte(ignoredFiles)},
		{filepath.Join(docsDir, ".gitattributes"), markdown.GitAttributes()},
	} {
		path := filepath.Join(r.Root, file.path)
		if _, err := os.Lstat(path); err == nil {
			continue
		}
		if err := writeFile(path, file.content, 0o644); err != nil {
			return err
		}
		r.Written = append(r.Written, file.path)
	}
	return nil
}
