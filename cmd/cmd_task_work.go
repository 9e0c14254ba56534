package cmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// taskStep is a command that takes one step in the life of a task.
type taskStep struct {
	name  string
	step  project.TaskStep
	short string
	long  string
	// text is the flag for words about it, and what it is for; needed says that
	// it must be given.
	text, about string
	needed      bool
	done        string
}

func taskSteps() []taskStep {
	return []taskStep{
		{
			name: "start", step: project.StepStart, done: "started", short: "Start a task",
			long: "Start a task. It is claimed for you first, if nobody has it.",
		},
		{
			name: "release", step: project.StepRelease, done: "released", short: "Give a claimed task back",
			long: "Give a claimed task back, so that others can take it.",
			text: "reason", about: "why", needed: false,
		},
		{
			name: "done", step: project.StepDone, done: "done", short: "Say that a task is done",
			long: "Say that a task is done. Tasks that waited for it may become ready.",
			text: "result", about: "what came of it", needed: false,
		},
		{
			name: "fail", step: project.StepFail, done: "failed", short: "Say that a task failed",
			long: "Say that a task failed. What depends on it stays blocked.",
			text: "reason", about: "why", needed: true,
		},
		{
			name: "cancel", step: project.StepCancel, done: "cancelled", short: "Cancel a task",
			long: "Cancel a task. What depends on it no longer waits for it.",
			text: "reason", about: "why", needed: false,
		},
		{
			name: "block", step: project.StepBlock, done: "blocked", short: "Say that a task cannot go on",
			long: "Say that a task cannot go on, and why.",
			text: "reason", about: "what is in the way", needed: true,
		},
		{
			name: "unblock", step: project.StepUnblock, done: "unblocked", short: "Say that a task can go on",
			long: "Say that a blocked task can go on.",
			text: "reason", about: "what changed", needed: false,
		},
		{
			name: "reopen", step: project.StepReopen, done: "reopened", short: "Take up a task that was over",
			long: "Take up a task that was done, failed or cancelled: it has to be done after all.",
			text: "reason", about: "why", needed: false,
		},
	}
}

func newCmdTaskStep(f *Factory, step taskStep) *cobra.Command {
	var text string
	example := fmt.Sprintf("  layercake task %s t-7k3f", step.name)
	if step.text != "" {
		example += fmt.Sprintf(" --%s %q", step.text, step.about)
	}
	cmd := &cobra.Command{
		Use:               step.name + " TASK",
		Short:             step.short,
		Long:              step.long,
		Example:           example,
		Args:              exactly("TASK"),
		ValidArgsFunction: f.completed(completeTasks(true)),
	}
	out := addOutput(cmd, f, project.Task{})
	if step.text != "" {
		cmd.Flags().StringVar(&text, step.text, "", step.about)
	}
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if step.needed && text == "" {
			return fault.Usage("missing_flag", "%s needs --%s: %s", cmd.CommandPath(), step.text, step.about).WithHint("%s", usageHint(cmd))
		}
		t, err := s.Tasks.Step(ctx, s.by(ctx), s.at.Project, args[0], step.step, text, 0)
		if err != nil {
			return err
		}
		return out.written(t.ShortID, t, func(p *printer) { p.line("%s %s: %s", bold.of(t.ShortID), step.done, t.Title) })
	})
	return cmd
}

func newCmdTaskClaim(f *Factory) *cobra.Command {
	var lease time.Duration
	cmd := &cobra.Command{
		Use:   "claim [TASK]",
		Short: "Take a task, so that nobody else does",
		Long: `Take a task for a while, so that nobody else does. Without a task the most
urgent one that is ready is taken. A claim that is not renewed ends by itself.`,
		Example:           "  layercake task claim\n  layercake task claim t-7k3f --lease 2h",
		Args:              between(0, "TASK"),
		ValidArgsFunction: f.completed(completeTasks(true)),
	}
	out := addOutput(cmd, f, project.Task{})
	cmd.Flags().DurationVar(&lease, "lease", 0, "how long the claim holds; 0 for the default")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		var t *project.Task
		var err error
		if len(args) == 0 {
			t, err = s.Tasks.ClaimNext(ctx, s.by(ctx), s.at.Project, lease)
		} else {
			t, err = s.Tasks.Step(ctx, s.by(ctx), s.at.Project, args[0], project.StepClaim, "", lease)
		}
		if err != nil {
			return err
		}
		return out.written(t.ShortID, t, func(p *printer) { p.line("%s claimed by %s: %s", bold.of(t.ShortID), t.ClaimedBy, t.Title) })
	})
	return cmd
}

func newCmdTaskDefer(f *Factory) *cobra.Command {
	var gate, reason string
	cmd := &cobra.Command{
		Use:               "defer TASK",
		Short:             "Let a gate pass without a task",
		Long:              "Let a gate pass although a task is open. Only a person can, with a reason that stays in the log.",
		Example:           "  layercake task defer t-7k3f --gate G5 --reason \"after the launch\"",
		Args:              exactly("TASK"),
		ValidArgsFunction: f.completed(completeTasks(true)),
	}
	out := addOutput(cmd, f, project.Task{})
	cmd.Flags().StringVar(&gate, "gate", "", "the `GATE` that may pass (required)")
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if gate == "" || reason == "" {
			return fault.Usage("missing_flag", "%s needs --gate and --reason", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		t, err := s.Tasks.Defer(ctx, s.by(ctx), s.at.Project, args[0], gate, reason)
		if err != nil {
			return err
		}
		return out.written(t.ShortID, t, func(p *printer) {
			p.line("%s no longer keeps gate %s shut: %s", bold.of(t.ShortID), t.DeferredGate, t.Title)
		})
	})
	return cmd
}

func newCmdTaskDep(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "dep",
		Short:   "Say which task waits for which",
		Long:    "Say which task waits for which. A circle is refused and shown.",
		Example: "  layercake task dep add t-7k3f t-9m2p",
	}, newCmdTaskDepChange(f, "add", false), newCmdTaskDepChange(f, "remove", true))
}

func newCmdTaskDepChange(f *Factory, name string, undo bool) *cobra.Command {
	short, verb := "Make a task wait for another", "waits for"
	if undo {
		short, verb = "Let a task no longer wait for another", "no longer waits for"
	}
	cmd := &cobra.Command{
		Use:               name + " TASK ON",
		Short:             short,
		Long:              short + ".",
		Example:           "  layercake task dep " + name + " t-7k3f t-9m2p",
		Args:              exactly("TASK", "ON"),
		ValidArgsFunction: f.completed(completeTasks(true), completeTasks(false)),
	}
	out := addOutput(cmd, f, project.Task{})
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		t, err := s.Tasks.Depend(ctx, s.by(ctx), s.at.Project, args[0], args[1], undo)
		if err != nil {
			return err
		}
		return out.written(t.ShortID, t, func(p *printer) { p.line("%s %s %s", bold.of(t.ShortID), verb, args[1]) })
	})
	return cmd
}
