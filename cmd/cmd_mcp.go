package cmd

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/mcp"
)

// envClaudeProject names the folder of the project that Claude Code works in.
const envClaudeProject = "CLAUDE_PROJECT_DIR"

// envSession names the session of Claude Code that a command belongs to.
const envSession = "CLAUDE_CODE_SESSION_ID"

func newCmdMCP(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "mcp",
		Short: "Serve LayerCake to AI agents by the Model Context Protocol",
		Long: `Serve LayerCake to AI agents by the Model Context Protocol. Alone it speaks the
protocol on standard input and output, as clients expect that start it; "layercake
mcp install" tells a client of it.`,
		Example: "  layercake mcp install\n  layercake mcp tools",
		Args:    exactly(),
	}
	serve := newServeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.serveMCP(cmd.Context(), serve) }
	cmd.AddCommand(newCmdMCPServe(f), newCmdMCPInstall(f), newCmdMCPTools(f))
	return cmd
}

// serveFlags choose what a server shows.
type serveFlags struct {
	selection mcp.Selection
	role      string
	run, root string
}

func newServeFlags(cmd *cobra.Command) *serveFlags {
	var s serveFlags
	flags := cmd.Flags()
	flags.StringSliceVar(&s.selection.Toolsets, "toolsets", nil, "the toolsets that are listed from the start: names, all or default")
	flags.StringSliceVar(&s.selection.Tools, "tools", nil, "tools that are listed besides")
	flags.StringSliceVar(&s.selection.Exclude, "exclude-tools", nil, "tools that cannot be used")
	flags.BoolVar(&s.selection.ReadOnly, "read-only", false, "only tools that change nothing")
	flags.StringSliceVar(&s.selection.Only, "only-tools", nil, "these tools, and no others")
	flags.StringVar(&s.role, "role", "", "the role that the agent plays, such as qa-engineer")
	flags.StringVar(&s.run, "run", "", "act as the agent of this `RUN`, for as long as it goes on; workers start it so")
	flags.StringVar(&s.root, "root", "", "the `FOLDER` that the tools work in, such as the agent's work tree")
	return &s
}

func newCmdMCPServe(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "serve",
		Short:   "Speak the protocol on standard input and output",
		Long:    "Speak the protocol on standard input and output until the input ends.",
		Example: "  layercake mcp serve --toolsets core,tasks --read-only </dev/null",
		Args:    exactly(),
	}
	serve := newServeFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return f.serveMCP(cmd.Context(), serve) }
	return cmd
}

// gcPercent is Go's own: a server that stays is to be small.
const gcPercent = 100

func (f *Factory) serveMCP(ctx context.Context, flags *serveFlags) error {
	debug.SetGCPercent(gcPercent)
	if dir := f.env.get(envClaudeProject); dir != "" {
		if here, err := findPlace(f.process.Dir); err != nil || here.root == "" {
			f.process.Dir = dir
		}
	}
	d := newDoor(f)
	d.run, d.root = flags.run, flags.root
	if d.root != "" {
		abs, err := filepath.Abs(filepath.Join(f.process.Dir, d.root))
		if filepath.IsAbs(d.root) {
			abs, err = filepath.Clean(d.root), nil
		}
		if info, statErr := os.Stat(abs); err != nil || statErr != nil || !info.IsDir() {
			return fault.NotFound("folder_not_found", "there is no folder %q", flags.root).WithHint("run `layercake mcp --help`").Wrap(errors.Join(err, statErr))
		}
		d.root, f.process.Dir = abs, abs
	}
	server, err := mcp.New(mcp.Config{
		Env: d.env(), Version: f.Build.Version, Role: flags.role, Session: f.env.get(envSession), Select: flags.selection, AsGiven: flags.run != "",
		Logger: slog.New(slog.NewTextHandler(f.IO.Err, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		return err
	}
	go d.render(context.WithoutCancel(ctx))
	defer d.close()
	return server.ServeStdio(ctx, f.IO.In, f.out())
}

func newCmdMCPInstall(f *Factory) *cobra.Command {
	var p mcp.InstallParams
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Tell an MCP client of this server",
		Long: `Tell an MCP client of this server, by adding an entry to its configuration: to the
project's .mcp.json, or with --scope user to your own. Everything else in the
file stays as it is.`,
		Example: "  layercake mcp install --dry-run\n  layercake mcp install --scope user",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, mcp.InstallResult{})
	addChoice(cmd, &p.Client, "client", "the program", []string{mcp.ClientClaude})
	addChoice(cmd, &p.Scope, "scope", "for whom", []string{mcp.ScopeProject, mcp.ScopeUser})
	cmd.Flags().StringVar(&p.Command, "command", "", "what starts LayerCake; by default layercake, found on PATH")
	cmd.Flags().BoolVar(&p.DryRun, "dry-run", false, "say what would be done, and do nothing")
	cmd.RunE = func(*cobra.Command, []string) error {
		here, err := f.place()
		if err != nil {
			return err
		}
		p.Root, p.Home = here.root, f.env.get("HOME")
		r, err := mcp.Install(p)
		if err != nil {
			return err
		}
		return out.show(r, func(pr *printer) {
			verb := r.Action
			if r.DryRun {
				verb = "would be " + verb
			}
			pr.line("%s: the entry is %s", r.File, bold.of(verb))
			pr.text("  ", string(r.Entry))
			pr.line("Next: %s", r.Next)
		})
	}
	return cmd
}

// toolEntry is a tool as the list shows it.
type toolEntry struct {
	Name        string `json:"name"`
	Toolset     string `json:"toolset"`
	Title       string `json:"title"`
	Description string `json:"description"`
	ReadOnly    bool   `json:"read_only"`
}

func newCmdMCPTools(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tools",
		Short:   "List the tools",
		Long:    "List the tools that agents can use, by toolset. Each can be run by \"layercake call\", too.",
		Example: "  layercake mcp tools\n  layercake mcp tools --json=name,description",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, toolEntry{})
	cmd.RunE = func(*cobra.Command, []string) error {
		tools, err := mcp.Catalogue()
		if err != nil {
			return err
		}
		entries := make([]toolEntry, len(tools))
		for i := range tools {
			t := &tools[i]
			entries[i] = toolEntry{t.Name, t.Toolset, t.Title, t.Description, t.Hints.ReadOnly}
		}
		return out.show(entries, func(p *printer) {
			t := newTable(col("TOOL"), col("TOOLSET"), col("CHANGES").ifRoom(), col("TITLE").flex())
			for i := range entries {
				t.add(bold.of(entries[i].Name), entries[i].Toolset, yesNo(!entries[i].ReadOnly), entries[i].Title)
			}
			p.table(t)
		})
	}
	return cmd
}
