package cmd

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/jobs"
)

func newCmdQueue(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "queue",
		Aliases: []string{"queues"},
		Short:   "See and steer the queues in which runs of agents wait",
		Long: `See and steer the four queues in which runs of agents wait: critical, high, medium and
low. Each has workers of its own, so what is urgent never waits behind what is not.`,
		Example: "  layercake queue stats\n  layercake queue jobs\n  layercake queue pause low",
	}, newCmdQueueStats(f), newCmdQueueJobs(f), newCmdQueueControl(f, true), newCmdQueueControl(f, false), newCmdQueuePriority(f))
}

func newCmdQueueStats(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "stats",
		Short: "Show how the queues stand",
		Long: `Show how the queues stand, over all projects of the database: how many runs wait, are
held until something else is done, are at work or wait to be tried again, how many ended
within the last hour, how many the workers do at a time, and how long the oldest waits.`,
		Example: "  layercake queue stats\n  layercake queue stats --jq '.data[] | select(.waiting > 10) | .queue'",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, jobs.QueueStats{})
	cmd.RunE = f.reading(func(ctx context.Context, _ *session, _ []string) error {
		list, err := jobs.Stats(ctx, f.database, queueNames())
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("QUEUE"), col("WAITING").toRight(), col("HELD").toRight(), col("RUNNING").toRight(), col("RETRYING").toRight(),
				col("DONE 1H").toRight(), col("FAILED 1H").toRight(), col("WORKERS").toRight(), col("OLDEST").toRight(), col("STATE"))
			number := strconv.Itoa
			for i := range list {
				q := &list[i]
				var state styled
				switch {
				case q.Paused:
					state = yellow.of("paused")
				case q.Workers == 0:
					state = dim.of("no worker")
				default:
					state = green.of("worked")
				}
				oldest := "-"
				if q.OldestSeconds > 0 {
					oldest = (time.Duration(q.OldestSeconds) * time.Second).String()
				}
				t.add(bold.of(q.Queue), number(q.Waiting), number(q.Held), number(q.Running), number(q.Retrying), number(q.Done), number(q.Failed),
					number(q.Workers), oldest, state)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdQueueJobs(f *Factory) *cobra.Command {
	var q jobs.JobQuery
	var queue project.Queue
	cmd := &cobra.Command{
		Use:   "jobs",
		Short: "List what waits in the queues, and why there",
		Long: `List the project's runs in the order in which they come up: those at work first, then
those that wait, with what put them where they are and what they wait for.`,
		Example: "  layercake queue jobs\n  layercake queue jobs --queue critical --json",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, jobs.Job{})
	addChoice(cmd, &queue, "queue", "only this one", project.Queues())
	cmd.Flags().BoolVar(&q.All, "all", false, "also those that are over")
	const many = 100
	addNumber(cmd, &q.Limit, "limit", many, "at most so many; 0 for all")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		q.Queue = string(queue)
		list, err := jobs.List(ctx, f.database, s.at.Project, q)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("RUN"), col("STATE"), col("QUEUE"), col("PLACE").toRight(), col("ROLE"), col("FOR"), col("SINCE"), col("WHY").flex())
			for i := range list {
				j := &list[i]
				run := project.Run{Task: j.Task, Gate: j.Gate}
				t.add(bold.of(project.RunID(j.Run)), j.State, j.Queue, strconv.Itoa(j.Priority), j.Role, taskOrGate(&run), j.CreatedAt, jobWhy(j))
			}
			p.table(t)
		})
	})
	return cmd
}

// jobWhy says why a job is where it is.
func jobWhy(j *jobs.Job) string {
	switch {
	case j.State == "held" && len(j.WaitsFor) > 0:
		return "waits for " + strings.Join(j.WaitsFor, ", ")
	case j.State == "retrying" && j.LastError != "":
		return fmt.Sprintf("attempt %d failed: %s", j.Attempt, firstLineOf(j.LastError))
	}
	return strings.Join(j.Reasons, "; ")
}

func newCmdQueueControl(f *Factory, pause bool) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "resume [QUEUE]",
		Short:   "Let a paused queue go on",
		Long:    "Let a paused queue go on, or all of them.",
		Example: "  layercake queue resume low\n  layercake queue resume --all",
		Args:    between(0, "QUEUE"),
	}
	done := "goes on"
	if pause {
		cmd.Use, cmd.Short = "pause [QUEUE]", "Begin nothing new in a queue"
		cmd.Long = `Begin nothing new in a queue, or in all of them. What is at work goes on, and what comes
waits. It holds for all projects of the database, and for all workers.`
		cmd.Example = "  layercake queue pause low\n  layercake queue pause --all"
		done = "is paused"
	}
	out := addOutput(cmd, f, jobs.QueueStats{})
	cmd.ValidArgsFunction = cobra.FixedCompletions(queueNames(), cobra.ShellCompDirectiveNoFileComp)
	cmd.Flags().BoolVar(&all, "all", false, "all queues")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		queues := args
		switch {
		case all == (len(args) > 0):
			return fault.Usage("missing_queue", "name one queue, or all").WithHint("run `layercake queue stats` to see them")
		case all:
			queues = queueNames()
		}
		for _, q := range queues {
			if err := oneOf("queue", q, queueNames()); err != nil {
				return err
			}
		}
		if !s.by(ctx).Actor.IsPerson() {
			return fault.NotAllowed("person_required", "only a person can pause a queue, or let it go on").
				WithHint("ask the person you work for; `layercake queue stats` shows the queues")
		}
		control := (&jobs.Queue{}).Resume
		if pause {
			control = (&jobs.Queue{}).Pause
		}
		if err := control(ctx, f.database, queues); err != nil {
			return err
		}
		list, err := jobs.Stats(ctx, f.database, queues)
		if err != nil {
			return err
		}
		return out.written(strings.Join(queues, ","), list, func(p *printer) { p.line("%s %s", bold.of(strings.Join(queues, ", ")), done) })
	})
	return cmd
}

// oneOf refuses a word that is not in a list.
func oneOf(what, word string, valid []string) error {
	if slices.Contains(valid, word) {
		return nil
	}
	return fault.Usage("invalid_"+what, "there is no %s %q; there are %s", what, word, strings.Join(valid, ", ")).
		WithHint("choose one of %s", strings.Join(valid, ", "))
}

func newCmdQueuePriority(f *Factory) *cobra.Command {
	var queue project.Queue
	var place int
	var auto bool
	cmd := &cobra.Command{
		Use:   "priority RUN",
		Short: "Move a run that waits",
		Long: `Move a run that waits to another queue, or to another place in it. What you choose stays,
whatever speaks for another; --auto has it worked out again.`,
		Example: "  layercake queue priority r-7k3f --queue critical\n  layercake queue priority r-7k3f --place 1\n" +
			"  layercake queue priority r-7k3f --auto",
		Args:              exactly("RUN"),
		ValidArgsFunction: f.completed(completeRuns),
	}
	out := addOutput(cmd, f, project.Run{})
	addChoice(cmd, &queue, "queue", "wait there", project.Queues())
	cmd.Flags().IntVar(&place, "place", 0, "the place in the queue, from 1, which comes first, to 4")
	cmd.Flags().BoolVar(&auto, "auto", false, "have it worked out again")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if auto == (queue != "" || place != 0) {
			return fault.Usage("missing_place", "say where it is to wait, or --auto").WithHint("run `layercake queue priority --help`")
		}
		r, err := s.Agents.Prioritize(ctx, s.by(ctx), s.at, args[0], queue, place)
		if err != nil {
			return err
		}
		return out.written(project.RunID(r.ID), r, func(p *printer) {
			p.line("%s waits in %s, place %d", bold.of(project.RunID(r.ID)), r.Queue, r.Priority)
		})
	})
	return cmd
}
