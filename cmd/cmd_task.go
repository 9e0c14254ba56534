package cmd

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

func newCmdTask(f *Factory) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:     "task",
		Aliases: []string{"tasks"},
		Short:   "Plan work and keep track of it",
		Long: `Plan work and keep track of it. A task is ready when everything that it depends
on is done and the gate that it waits for is passed. Ids can be shortened to
their first four characters, as long as these are unique.`,
		Example: "  layercake task add \"Sign in with a passkey\" --priority high\n  layercake task ready",
	}, newCmdTaskAdd(f), newCmdTaskList(f), newCmdTaskShow(f), newCmdTaskEdit(f), newCmdTaskReady(f), newCmdTaskGraph(f),
		newCmdTaskDep(f), newCmdTaskDefer(f), newCmdTaskClaim(f))
	for _, step := range taskSteps() {
		cmd.AddCommand(newCmdTaskStep(f, step))
	}
	return cmd
}

// taskFields are the flags that say what a task is.
type taskFields struct {
	description, gate, owner, parent string
	kind                             project.TaskType
	priority                         project.Priority
	phase                            workflow.Phase
	specs, stories                   []string
}

func (t *taskFields) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&t.description, "description", "d", "", "what is to be done, in as many words as it takes")
	addChoice(cmd, &t.kind, "type", "the kind of work", project.TaskTypes())
	addChoice(cmd, &t.priority, "priority", "how urgent it is", project.Priorities())
	addChoice(cmd, &t.phase, "phase", "the phase it belongs to", workflow.Phases())
	flags.StringVar(&t.gate, "gate", "", "the `GATE` that must be passed before it starts")
	flags.StringVar(&t.owner, "owner", "", "who it belongs to: a person or a role")
	flags.StringVar(&t.parent, "parent", "", "the `TASK` that it is a part of")
	flags.StringSliceVar(&t.specs, "spec", nil, "a specification that it refers to; can be repeated")
	flags.StringSliceVar(&t.stories, "story", nil, "a story that it refers to; can be repeated")
}

func newCmdTaskAdd(f *Factory) *cobra.Command {
	var in taskFields
	var after []string
	cmd := &cobra.Command{
		Use:   "add TITLE",
		Short: "Add a task",
		Long:  "Add a task to the project's current phase, or to the one that --phase names.",
		Example: "  layercake task add \"Write the migration\"\n" +
			"  layercake task add \"Load test\" --type validation --priority high --gate G5",
		Args: exactly("TITLE"),
	}
	out := addOutput(cmd, f, project.Task{})
	in.add(cmd)
	cmd.Flags().StringSliceVar(&after, "after", nil, "a `TASK` that must be done before; can be repeated")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		t, err := s.Tasks.Add(ctx, s.by(ctx), s.at.Project, core.NewTask{
			Title: args[0], Description: in.description, Type: in.kind, Priority: in.priority, Phase: in.phase, Gate: in.gate,
			Owner: in.owner, Parent: in.parent, DependsOn: after, SpecRefs: in.specs, StoryRefs: in.stories,
		})
		if err != nil {
			return err
		}
		return out.written(t.ShortID, t, func(p *printer) { p.line("%s added: %s", bold.of(t.ShortID), t.Title) })
	})
	return cmd
}

func newCmdTaskEdit(f *Factory) *cobra.Command {
	var in taskFields
	var title string
	cmd := &cobra.Command{
		Use:               "edit TASK",
		Short:             "Change what a task says",
		Long:              "Change what a task says. Only what is named changes; --gate \"\" and --parent \"\" remove these.",
		Example:           "  layercake task edit t-7k3f --title \"Write and test the migration\" --priority critical",
		Args:              exactly("TASK"),
		ValidArgsFunction: f.completed(completeTasks(true)),
	}
	out := addOutput(cmd, f, project.Task{})
	in.add(cmd)
	cmd.Flags().StringVar(&title, "title", "", "the new title")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		t, err := s.Tasks.Edit(ctx, s.by(ctx), s.at.Project, args[0], core.TaskChange{
			Title: changed(cmd, "title", title), Description: changed(cmd, "description", in.description),
			Type: changed(cmd, "type", in.kind), Priority: changed(cmd, "priority", in.priority), Phase: changed(cmd, "phase", in.phase),
			Gate: changed(cmd, "gate", in.gate), Owner: changed(cmd, "owner", in.owner), Parent: changed(cmd, "parent", in.parent),
			SpecRefs: changed(cmd, "spec", in.specs), StoryRefs: changed(cmd, "story", in.stories),
		})
		if err != nil {
			return err
		}
		return out.written(t.ShortID, t, func(p *printer) { p.line("%s changed: %s", bold.of(t.ShortID), t.Title) })
	})
	return cmd
}

func newCmdTaskList(f *Factory) *cobra.Command {
	var q core.TaskQuery
	var status project.TaskStatus
	var open bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List tasks",
		Long:  "List tasks in the order in which they were added.",
		Example: "  layercake task list --open\n" +
			"  layercake task list --status blocked --json=id,title,blocked_reason",
		Args: exactly(),
	}
	out := addOutput(cmd, f, project.Task{})
	when := addMoment(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&open, "open", false, "only tasks on which work may still come")
	addChoice(cmd, &status, "status", "only tasks in this state", project.TaskStatuses())
	addChoice(cmd, &q.Phase, "phase", "only tasks of this phase", workflow.Phases())
	addChoice(cmd, &q.Priority, "priority", "only tasks of this priority", project.Priorities())
	flags.StringVar(&q.Owner, "owner", "", "only tasks of this owner")
	flags.StringVar(&q.Gate, "gate", "", "only tasks that wait for this `GATE`")
	flags.StringVar(&q.Text, "text", "", "only tasks with this text in their title or description")
	addNumber(cmd, &q.Limit, "limit", 0, "at most so many; 0 for all")
	exclusive(cmd, "open", "status")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		if status != "" {
			q.Statuses = []project.TaskStatus{status}
		}
		if open {
			q.Statuses = slices.DeleteFunc(project.TaskStatuses(), func(st project.TaskStatus) bool { return !st.Open() })
		}
		q.Lines = !out.structured()
		tasks, err := s.Tasks.List(ctx, core.View{Project: s.at.Project, At: at}, q)
		if err != nil {
			return err
		}
		if len(tasks) == 0 && !out.structured() {
			f.say("no tasks")
			return nil
		}
		return out.show(tasks, func(p *printer) { printTasks(p, tasks) })
	})
	return cmd
}

func printTasks(p *printer, tasks []project.Task) {
	t := newTable(col("ID"), col("STATUS"), col("PRIORITY"), col("TITLE").flex(), col("OWNER").flex().ifRoom(), col("GATE").ifRoom(), col("UPDATED").ifRoom())
	for i := range tasks {
		k := &tasks[i]
		t.add(bold.of(k.ShortID), taskStatus(k), priorityStyle(k.Priority), k.Title, k.Owner, k.Gate, k.UpdatedAt)
	}
	p.table(t)
}

// taskStatus shows what is ready to be started apart from what still waits.
func taskStatus(t *project.Task) styled {
	switch t.Status {
	case project.TaskNotStarted:
		switch {
		case t.Ready:
			return green.of("ready")
		case len(t.Waits) > 0:
			return dim.of("waiting")
		}
	case project.TaskInProgress:
		return cyan.of("in_progress")
	case project.TaskBlocked, project.TaskFailed:
		return red.of(string(t.Status))
	case project.TaskQueued, project.TaskComplete, project.TaskCancelled, project.TaskSkipped:
	}
	return plain.of(string(t.Status))
}

func priorityStyle(priority project.Priority) styled {
	switch priority {
	case project.PriorityCritical:
		return red.of(string(priority))
	case project.PriorityHigh:
		return yellow.of(string(priority))
	case project.PriorityMedium, project.PriorityLow:
	}
	return plain.of(string(priority))
}

func newCmdTaskShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show TASK",
		Short:             "Show one task",
		Long:              "Show one task with everything about it: what it waits for, who has it, what came of it.",
		Example:           "  layercake task show t-7k3f",
		Args:              exactly("TASK"),
		ValidArgsFunction: f.completed(completeTasks(false)),
	}
	out := addOutput(cmd, f, project.Task{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		t, err := s.Tasks.Get(ctx, v, args[0])
		if err != nil {
			return err
		}
		return out.show(t, func(p *printer) { printTask(p, t) })
	})
	return cmd
}

func printTask(p *printer, t *project.Task) {
	p.line("%s %s", bold.of(t.ShortID), t.Title)
	p.field("id", project.TaskID(t.ID))
	p.field("status", taskStatus(t))
	p.field("waits for", strings.Join(t.Waits, "; "))
	p.field("priority", priorityStyle(t.Priority))
	p.field("promoted from", t.PromotedFrom)
	p.field("type", t.Type)
	p.field("phase", t.Phase)
	p.field("gate", t.Gate)
	p.field("owner", t.Owner)
	p.field("parent", t.Parent)
	p.field("depends on", taskIDs(t.DependsOn))
	p.field("specs", t.SpecRefs)
	p.field("stories", t.StoryRefs)
	p.field("claimed by", t.ClaimedBy)
	p.field("lease until", t.LeaseUntil)
	p.field("blocked", t.BlockedReason)
	p.field("deferred", strings.TrimSpace(t.DeferredGate+" "+t.DeferReason))
	p.field("result", t.Result)
	p.field("created", t.CreatedAt)
	p.field("updated", t.UpdatedAt)
	p.field("finished", t.FinishedAt)
	if t.Description != "" {
		p.blank()
		p.text("  ", t.Description)
	}
}

func taskIDs(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = project.TaskID(id)
	}
	return out
}

func newCmdTaskReady(f *Factory) *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:     "ready",
		Short:   "List the tasks that could be started now",
		Long:    "List the tasks that could be started now, most urgent first.",
		Example: "  layercake task ready\n  layercake task ready --limit 1 --jq .data[0].id",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Task{})
	when := addMoment(cmd)
	const few = 20
	addNumber(cmd, &limit, "limit", few, "at most so many; 0 for all")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		tasks, err := s.Tasks.Ready(ctx, v, limit)
		if err != nil {
			return err
		}
		if len(tasks) == 0 && !out.structured() {
			f.say("no task is ready; `layercake next` says what to do")
			return nil
		}
		return out.show(tasks, func(p *printer) { printTasks(p, tasks) })
	})
	return cmd
}
