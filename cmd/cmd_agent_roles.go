package cmd

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/mcp"
)

// roleRow is a role in a list, as scripts see it.
type roleRow struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Purpose string `json:"purpose"`
	// Source is builtin, project or collection, and Collection and Commit say
	// which. Path is the file, unless it is built in.
	Source     string `json:"source"`
	Collection string `json:"collection"`
	Commit     string `json:"commit"`
	Path       string `json:"path"`
	// ReplacesBuiltin says that the built-in role of that name is not used.
	ReplacesBuiltin bool     `json:"replaces_builtin"`
	Phases          []string `json:"phases"`
	Gates           []string `json:"gates"`
	Tools           []string `json:"tools"`
	// Tier is the kind of model that it needs, and Model the word for it.
	Tier      int      `json:"tier"`
	Model     string   `json:"model"`
	Queue     string   `json:"queue"`
	TimeLimit string   `json:"time_limit"`
	Proofs    []string `json:"proofs"`
	// SHA256 is that of the file.
	SHA256 string `json:"sha256"`
	// Problem says why the role cannot be used.
	Problem string `json:"problem"`
}

// roleOutput is what a role reads or leaves behind.
type roleOutput struct {
	Path        string `json:"path"`
	Shape       string `json:"shape"`
	Gate        string `json:"gate"`
	Deliverable string `json:"deliverable"`
}

// roleView is a role, whole.
type roleView struct {
	roleRow

	Inputs     []roleOutput `json:"inputs"`
	Outputs    []roleOutput `json:"outputs"`
	DependsOn  []string     `json:"depends_on"`
	HandsOffTo []string     `json:"hands_off_to"`
	// UnknownTools are names among the tools that this LayerCake does not know.
	UnknownTools []string `json:"unknown_tools"`
	Body         string   `json:"body"`
}

func newRoleRow(r *role.Role) roleRow {
	return roleRow{
		ID: r.ID, Title: r.Title, Purpose: r.Purpose, Source: string(r.Source.Kind), Collection: r.Source.Collection, Commit: r.Source.Commit,
		Path: r.Source.Path, ReplacesBuiltin: r.Source.Replaces, Phases: r.Phases, Gates: r.Gates, Tools: r.Tools, Tier: r.Tier,
		Model: role.TierName(r.Tier), Queue: r.Queue, TimeLimit: shortDuration(r.Time), Proofs: r.Proofs, SHA256: hex.EncodeToString(r.Digest[:]),
	}
}

func newRoleView(r *role.Role) *roleView {
	outputs := func(list []role.Output) []roleOutput {
		out := make([]roleOutput, len(list))
		for i, o := range list {
			out[i] = roleOutput(o)
		}
		return out
	}
	return &roleView{
		roleRow: newRoleRow(r), Inputs: outputs(r.Inputs), Outputs: outputs(r.Outputs), DependsOn: r.DependsOn, HandsOffTo: r.HandsOffTo,
		UnknownTools: mcp.UnknownTools(r.Tools), Body: r.Body,
	}
}

// shortDuration is a duration as people write it: 1h30m.
func shortDuration(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(text, "h0m") {
		return strings.TrimSuffix(text, "0m")
	}
	return text
}

// roles is the roles without a database, and the folder of the project, if there is
// one.
func (f *Factory) roles() (roles *core.Roles, root string, err error) {
	here, err := f.place()
	if err != nil {
		return nil, "", err
	}
	return core.NewRoles(f.env.list), here.root, nil
}

// withProject makes a command about the roles of a project. They are files, so it
// needs no database.
func (f *Factory) withProject(run func(cmd *cobra.Command, roles *core.Roles, root string, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		here, err := f.place()
		if err != nil {
			return err
		}
		if here.root == "" {
			return f.noProject(here)
		}
		return run(cmd, core.NewRoles(f.env.list), here.root, args)
	}
}

func newCmdAgentList(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the roles",
		Long: `List the roles that agents can play here: those that are built in, those of the project
and those of collections. Needs no database.`,
		Example: "  layercake agent list\n  layercake agent list --json=id,source,problem",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, roleRow{})
	cmd.RunE = func(*cobra.Command, []string) error {
		roles, root, err := f.roles()
		if err != nil {
			return err
		}
		set, err := roles.List(root)
		if err != nil {
			return err
		}
		rows := []roleRow{}
		for i := range set.Roles {
			rows = append(rows, newRoleRow(&set.Roles[i]))
		}
		for i := range set.Broken {
			b := &set.Broken[i]
			rows = append(rows, roleRow{ID: b.ID, Path: b.Path, Problem: b.Err.Error()})
		}
		err = out.show(rows, func(p *printer) {
			t := newTable(col("ROLE"), col("GATES"), col("MODEL").ifRoom(), col("QUEUE").ifRoom(), col("FROM").flex(), col("TITLE").flex().ifRoom())
			for i := range set.Roles {
				r := &set.Roles[i]
				t.add(bold.of(r.ID), strings.Join(r.Gates, " "), role.TierName(r.Tier), r.Queue, r.Source.String(), r.Title)
			}
			p.table(t)
		})
		if err == nil && !out.structured() {
			for i := range set.Broken {
				f.warn("%s", set.Broken[i].Err.Error())
			}
		}
		return err
	}
	return cmd
}

func newCmdAgentShow(f *Factory) *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "show ROLE",
		Short: "Show a role",
		Long: `Show a role: what it reads and leaves behind, what it may use, and what the agent is
told. --raw prints its file, which is what one of your own is made from.`,
		Example:           "  layercake agent show architect\n  layercake agent show architect --raw\n  layercake agent show architect --jq .data.outputs",
		Args:              exactly("ROLE"),
		ValidArgsFunction: f.completeRoles,
	}
	out := addOutput(cmd, f, roleView{})
	cmd.Flags().BoolVar(&raw, "raw", false, "the file as it is")
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if raw && out.structured() {
			return fault.Usage("conflicting_flags", "--raw prints the file, and no JSON").WithHint("leave out --raw; `layercake agent show --help`")
		}
		roles, root, err := f.roles()
		if err != nil {
			return err
		}
		r, err := roles.Get(root, args[0])
		if err != nil {
			return err
		}
		if raw {
			return f.emit(func(p *printer) { p.text("", r.Text) })
		}
		view := newRoleView(r)
		if err := out.show(view, func(p *printer) { printRole(p, r) }); err != nil {
			return err
		}
		f.warnOfTools(r.ID, view.UnknownTools)
		return nil
	}
	return cmd
}

// warnOfTools says that a role names what this LayerCake does not have.
func (f *Factory) warnOfTools(id string, unknown []string) {
	if len(unknown) > 0 && !wantsJSON(f.process.Args) {
		f.warn("%s names tools that are not known: %s; `layercake mcp tools` lists those that are", id, strings.Join(unknown, ", "))
	}
}

func printRole(p *printer, r *role.Role) {
	p.line("%s %s", bold.of(r.ID), r.Title)
	p.text("  ", r.Purpose)
	p.blank()
	p.field("from", r.Source.String())
	p.field("file", r.Source.Path)
	if r.Source.Replaces {
		p.field("replaces", "the built-in role of that name")
	}
	p.field("phases", r.Phases)
	p.field("gates", r.Gates)
	p.field("depends on", r.DependsOn)
	p.field("hands off to", r.HandsOffTo)
	p.field("proofs", r.Proofs)
	p.field("tools", r.Tools)
	p.field("model", role.TierName(r.Tier))
	p.field("queue", r.Queue)
	p.field("time limit", shortDuration(r.Time))
	for _, part := range []struct {
		title string
		list  []role.Output
	}{{"Reads", r.Inputs}, {"Leaves behind", r.Outputs}} {
		if len(part.list) == 0 {
			continue
		}
		p.blank()
		p.line("%s", bold.of(part.title))
		for _, o := range part.list {
			p.line("  %s", bold.of(strings.Join(strings.Fields(o.Gate+" "+o.Path), " ")))
			p.wrap("    ", o.Shape)
		}
	}
	p.blank()
	p.text("", r.Body)
}

func newCmdAgentNew(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "new ROLE",
		Short: "Write a role of the project's own",
		Long: `Write a file for a role of the project's own, .layercake/agents/ROLE.md: for the name of
a built-in role a copy of it, which takes its place, and otherwise a template with
comments. A file that exists is left alone.`,
		Example:           "  layercake agent new data-steward\n  layercake agent new qa-engineer",
		Args:              exactly("ROLE"),
		ValidArgsFunction: f.completeRoles,
	}
	out := addOutput(cmd, f, roleRow{})
	cmd.RunE = f.withProject(func(_ *cobra.Command, roles *core.Roles, root string, args []string) error {
		file, err := roles.New(root, args[0])
		if err != nil {
			return err
		}
		r, err := roles.Get(root, args[0])
		if err != nil {
			return err
		}
		return out.written(r.ID, newRoleRow(r), func(p *printer) {
			p.line("%s written: %s", bold.of(r.ID), file)
			if r.Source.Replaces {
				p.line("It takes the place of the built-in role.")
			}
		})
	})
	return cmd
}

// completeRoles completes the name of a role.
func (f *Factory) completeRoles(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	const nothing = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, nothing
	}
	roles, root, err := f.roles()
	if err != nil {
		return nil, nothing
	}
	set, err := roles.List(root)
	if err != nil {
		return nil, nothing
	}
	var list []string
	for i := range set.Roles {
		list = append(list, cobra.CompletionWithDesc(set.Roles[i].ID, inert(set.Roles[i].Title)))
	}
	return list, nothing
}
