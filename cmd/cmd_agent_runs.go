package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdAgentRuns(f *Factory) *cobra.Command {
	var q core.RunQuery
	var status project.RunStatus
	var open bool
	cmd := &cobra.Command{
		Use:     "runs",
		Short:   "List the runs of agents",
		Long:    "List the runs of agents, newest first.",
		Example: "  layercake agent runs --open\n  layercake agent runs --role qa-engineer --status failed",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Run{})
	when := addMoment(cmd)
	const many = 50
	cmd.Flags().BoolVar(&open, "open", false, "only those that wait or are at work")
	addChoice(cmd, &status, "status", "only those that stand there", project.RunStatuses())
	cmd.Flags().StringVar(&q.Role, "role", "", "only those of the `ROLE`")
	cmd.Flags().StringVar(&q.Task, "task", "", "only those on the `TASK`")
	cmd.Flags().StringVar(&q.Gate, "gate", "", "only those for the `GATE`")
	addNumber(cmd, &q.Limit, "limit", many, "at most so many; 0 for all")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		view, err := when.view(s)
		if err != nil {
			return err
		}
		if status != "" {
			q.Statuses = []project.RunStatus{status}
		}
		if open {
			q.Statuses = []project.RunStatus{project.RunPending, project.RunRunning}
		}
		q.Gate = strings.ToUpper(q.Gate)
		list, err := s.Agents.List(ctx, view, q)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) { p.table(runTable(list)) })
	})
	return cmd
}

func runTable(list []project.Run) *table {
	t := newTable(col("ID"), col("STATUS"), col("ROLE"), col("TASK"), col("QUEUE").ifRoom(), col("COST").toRight(), col("QUEUED"), col("SUMMARY").flex())
	for i := range list {
		r := &list[i]
		t.add(bold.of(project.RunID(r.ID)), runStatus(r), r.Role, taskOrGate(r), string(r.Queue), runCost(r), r.CreatedAt, firstLineOf(runText(r)))
	}
	return t
}

// runStatus is where a run stands, in its colour.
func runStatus(r *project.Run) styled {
	switch r.Status {
	case project.RunCompleted:
		return green.of(string(r.Status))
	case project.RunFailed:
		return red.of(string(r.Status))
	case project.RunRunning:
		return cyan.of(string(r.Status))
	case project.RunPending, project.RunCancelled:
	}
	return dim.of(string(r.Status))
}

// runText is what there is to say about a run: what it did, or what went wrong.
func runText(r *project.Run) string {
	switch r.Status {
	case project.RunCompleted:
		return r.Summary
	case project.RunFailed, project.RunCancelled:
		return r.Reason
	case project.RunPending:
		if r.Attempt > 0 {
			return fmt.Sprintf("attempt %d failed: %s", r.Attempt, r.Reason)
		}
	case project.RunRunning:
	}
	return r.Prompt
}

func taskOrGate(r *project.Run) string {
	switch {
	case r.Task != "":
		return project.TaskID(r.Task)
	case r.Gate != "":
		return r.Gate
	}
	return "-"
}

// runCost is what a run cost, as far as that is known.
func runCost(r *project.Run) string {
	switch {
	case r.CostUnknown && r.CostMicros == 0:
		return "unknown"
	case r.CostUnknown:
		return core.Dollars(r.CostMicros) + "+"
	}
	return core.Dollars(r.CostMicros)
}

func newCmdAgentStatus(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "status RUN",
		Short:             "Show a run of an agent",
		Long:              "Show a run of an agent: where it stands and why, what it took, what it changed, and what it said at the end.",
		Example:           "  layercake agent status r-7k3f",
		Args:              exactly("RUN"),
		ValidArgsFunction: f.completed(completeRuns),
	}
	out := addOutput(cmd, f, project.Run{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		view, err := when.view(s)
		if err != nil {
			return err
		}
		r, err := s.Agents.GetAt(ctx, view, args[0])
		if err != nil {
			return err
		}
		return out.show(r, func(p *printer) { printRun(p, r) })
	})
	return cmd
}

func printRun(p *printer, r *project.Run) {
	p.line("%s %s %s", bold.of(project.RunID(r.ID)), r.Role, runStatus(r))
	if r.Task != "" || r.Gate != "" {
		p.field("for", taskOrGate(r))
	}
	if r.Prompt != "" {
		p.field("asked", r.Prompt)
	}
	p.field("queue", fmt.Sprintf("%s, place %d", r.Queue, r.Priority))
	for _, reason := range r.Reasons {
		p.line("    %s", dim.of(reason))
	}
	if r.Attempt > 0 {
		p.field("attempt", fmt.Sprintf("%d of %d", r.Attempt, project.MaxAttempts))
		p.field("by", strings.TrimSpace(r.Provider+" "+r.Model))
	}
	p.field("queued", r.CreatedAt)
	if r.StartedAt != nil {
		p.field("started", *r.StartedAt)
	}
	if r.FinishedAt != nil {
		p.field("ended", *r.FinishedAt)
	}
	p.field("tokens", tokensText(r.InputTokens, r.OutputTokens, r.CachedTokens+r.CacheWriteTokens))
	p.field("cost", runCost(r))
	if r.ToolCalls > 0 {
		p.field("tools", fmt.Sprintf("%d calls", r.ToolCalls))
	}
	if r.Branch != "" {
		p.field("branch", r.Branch)
	}
	for _, file := range r.Files {
		p.line("    %s", file)
	}
	if r.Reason != "" {
		p.field("reason", r.Reason)
	}
	if r.Summary != "" {
		p.blank()
		p.text("  ", r.Summary)
	}
}

func tokensText(in, out, cached int64) string {
	text := fmt.Sprintf("%d in, %d out", in, out)
	if cached > 0 {
		text += fmt.Sprintf(", %d from the provider's cache or put there", cached)
	}
	return text
}

// printRunEnd says how a run ended.
func printRunEnd(p *printer, r *project.Run) {
	switch r.Status {
	case project.RunCompleted:
		p.line("%s %s %s", green.of("✓"), bold.of(project.RunID(r.ID)), firstLineOf(r.Summary))
		if r.Branch != "" {
			p.field("branch", fmt.Sprintf("%s, %d files; take it in: git merge %s", r.Branch, len(r.Files), r.Branch))
		}
	case project.RunFailed:
		p.line("%s %s failed: %s", red.of("✗"), bold.of(project.RunID(r.ID)), r.Reason)
		p.line("  try again: layercake agent retry %s", project.RunID(r.ID))
	case project.RunCancelled:
		p.line("%s %s was cancelled: %s", yellow.of("!"), bold.of(project.RunID(r.ID)), r.Reason)
	case project.RunPending, project.RunRunning:
		p.line("%s is %s", bold.of(project.RunID(r.ID)), runStatus(r))
	}
	p.field("tokens", tokensText(r.InputTokens, r.OutputTokens, r.CachedTokens+r.CacheWriteTokens))
	p.field("cost", runCost(r))
}

func newCmdAgentLogs(f *Factory) *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "logs RUN",
		Short: "Show what an agent says",
		Long: `Show what an agent says and does in a run: its words, the tools that it calls, and what
they answer. With --follow it goes on until the run is over.

With --json and --follow each piece is one document, on one line. What was said is kept for thirty
days after the run is over; what it answered at the end stays.`,
		Example:           "  layercake agent logs r-7k3f\n  layercake agent logs r-7k3f --follow",
		Args:              exactly("RUN"),
		ValidArgsFunction: f.completed(completeRuns),
	}
	out := addOutput(cmd, f, core.OutputPiece{})
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on until the run is over")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		run, err := s.Agents.Get(ctx, s.at.Project, args[0])
		if err != nil {
			return err
		}
		shown := newSpoken(f)
		show := func(piece core.OutputPiece) error {
			if out.structured() {
				return out.show(&piece, nil)
			}
			return shown.write(&piece)
		}
		if out.structured() && !follow {
			list := []core.OutputPiece{}
			err := s.said(ctx, run.ID, func(piece core.OutputPiece) error {
				list = append(list, piece)
				return nil
			})
			if err != nil {
				return err
			}
			return out.show(list, nil)
		}
		if follow {
			following, done := f.untilOutputGone(ctx)
			defer done()
			_, err = s.Agents.Follow(following, s.at.Project, run.ID, 0, show)
		} else {
			err = s.said(ctx, run.ID, show)
		}
		if err != nil || out.structured() {
			return err
		}
		return shown.end()
	})
	return cmd
}

// said hands out what a run has said so far, a page at a time.
func (s *session) said(ctx context.Context, run string, fn func(core.OutputPiece) error) error {
	const page = 500
	after := int64(0)
	for {
		pieces, err := s.Agents.Output(ctx, s.at.Project, run, after, page)
		if err != nil {
			return err
		}
		for i := range pieces {
			after = pieces[i].ID
			if err := fn(pieces[i]); err != nil {
				return err
			}
		}
		if len(pieces) < page {
			return nil
		}
	}
}

func newCmdAgentCancel(f *Factory) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "cancel RUN",
		Short:             "Stop a run of an agent",
		Long:              "Stop a run of an agent, whether it waits or is at work. Its task is given back, and what it changed stays on its branch.",
		Example:           "  layercake agent cancel r-7k3f --reason \"the task has changed\"",
		Args:              exactly("RUN"),
		ValidArgsFunction: f.completed(completeRuns),
	}
	out := addOutput(cmd, f, project.Run{})
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		r, err := s.Agents.Cancel(ctx, s.by(ctx), s.at.Project, args[0], reason)
		if err != nil {
			return err
		}
		return out.written(project.RunID(r.ID), r, func(p *printer) { p.line("%s %s", bold.of(project.RunID(r.ID)), runStatus(r)) })
	})
	return cmd
}

func newCmdAgentRetry(f *Factory) *cobra.Command {
	var way runWay
	cmd := &cobra.Command{
		Use:   "retry RUN",
		Short: "Have an agent try again",
		Long: `Queue a run anew that has ended: the same role, the same task, the same words. A task
that failed with it is taken up again.`,
		Example:           "  layercake agent retry r-7k3f --follow",
		Args:              exactly("RUN"),
		ValidArgsFunction: f.completed(completeRuns),
	}
	out := addOutput(cmd, f, project.Run{})
	cmd.Flags().BoolVar(&way.wait, "wait", false, "wait until it is over")
	cmd.Flags().BoolVarP(&way.follow, "follow", "f", false, "wait until it is over, and show what the agent says")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.queueing(way, out, func(ctx context.Context, s *session) (*project.Run, error) {
			return s.Agents.Retry(ctx, s.by(ctx), s.at, args[0])
		})(cmd, args)
	}
	return cmd
}

func completeRuns(ctx context.Context, s *session) ([]string, error) {
	const many = 30
	list, err := s.Agents.List(ctx, s.view(), core.RunQuery{Limit: many})
	if err != nil {
		return nil, err
	}
	words := make([]string, 0, len(list))
	for i := range list {
		r := &list[i]
		words = append(words, cobra.CompletionWithDesc(project.RunID(r.ID), r.Role+", "+string(r.Status)))
	}
	return words, nil
}
