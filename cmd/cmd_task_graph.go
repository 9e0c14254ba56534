package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// taskNode is a task in the graph of dependencies.
type taskNode struct {
	ID        string             `json:"id"`
	ShortID   string             `json:"short_id"`
	Title     string             `json:"title"`
	Status    project.TaskStatus `json:"status"`
	Ready     bool               `json:"ready"`
	DependsOn []string           `json:"dependencies"`
}

func newCmdTaskGraph(f *Factory) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "graph",
		Short: "Show which task waits for which",
		Long: `Show which task waits for which, as a tree: below each task stand those that wait
for it. A task that waits for several stands below the first of them, and the
others are named beside it.`,
		Example: "  layercake task graph\n  layercake task graph --all --json",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, taskNode{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also show tasks that are over")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		tasks, err := s.Tasks.List(ctx, v, core.TaskQuery{})
		if err != nil {
			return err
		}
		if !all {
			tasks = slices.DeleteFunc(tasks, func(t project.Task) bool { return !t.Status.Open() })
		}
		nodes := make([]taskNode, len(tasks))
		for i := range tasks {
			t := &tasks[i]
			nodes[i] = taskNode{t.ID, t.ShortID, t.Title, t.Status, t.Ready, t.DependsOn}
		}
		return out.show(nodes, func(p *printer) { printGraph(p, tasks) })
	})
	return cmd
}

// printGraph writes each task once, below the first of those it waits for.
func printGraph(p *printer, tasks []project.Task) {
	short := map[string]string{}
	for i := range tasks {
		short[tasks[i].ID] = tasks[i].ShortID
	}
	below := map[string][]*project.Task{}
	var roots []*project.Task
	for i := range tasks {
		t := &tasks[i]
		first := slices.IndexFunc(t.DependsOn, func(id string) bool { return short[id] != "" })
		if first < 0 {
			roots = append(roots, t)
			continue
		}
		above := t.DependsOn[first]
		below[above] = append(below[above], t)
	}
	var walk func(list []*project.Task, indent string)
	walk = func(list []*project.Task, indent string) {
		for _, t := range list {
			var also []string
			for _, id := range t.DependsOn {
				if name := short[id]; name != "" && len(t.DependsOn) > 1 {
					also = append(also, name)
				}
			}
			note := ""
			if len(also) > 1 {
				note = "(waits for " + strings.Join(also, ", ") + ")"
			}
			p.line("%s%s %s %s %s", indent, bold.of(t.ShortID), taskStatus(t), t.Title, dim.of(note))
			walk(below[t.ID], indent+"  ")
		}
	}
	walk(roots, "")
	if len(roots) == 0 && p.tty {
		p.line("%s", dim.of("none"))
	}
}
