package cmd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// runWay is how a command goes on after it queued a run.
type runWay struct {
	wait, follow, explain bool
	maxCost               float64
}

func newCmdAgentRun(f *Factory) *cobra.Command {
	var in core.NewRun
	var way runWay
	cmd := &cobra.Command{
		Use:   "run ROLE [PROMPT]",
		Short: "Have an agent do something",
		Long: `Have an agent do something: the work of a task, what a gate asks for, or what you say.
The run waits in one of four queues until a worker takes it ("layercake worker"); one
whose task waits for another task or a gate is held until that is done.

Which queue it waits in follows from the role, the gate that it holds up, and its task;
--explain says why, and queues nothing. --wait comes back when it is over, and fails if
the run does; --follow shows what the agent says meanwhile. If no worker is there, both
do the work in this process.

What an agent says opens no gate. It changes files on a branch of its own (see
agents.isolation), and LayerCake captures the evidence itself.`,
		Example: "  layercake agent run backend-developer --task t-7k3f --wait\n" +
			"  layercake agent run qa-engineer --gate G6 --follow\n" +
			"  layercake agent run architect \"Compare two ways to store sessions\" --max-cost 0.50\n" +
			"  layercake agent run backend-developer --task t-7k3f --explain",
		Args:              between(1, "ROLE", "PROMPT"),
		ValidArgsFunction: f.completed(completeRoles),
	}
	out := addOutput(cmd, f, project.Run{})
	cmd.Flags().StringVar(&in.Task, "task", "", "the `TASK` to work on")
	cmd.Flags().StringVar(&in.Gate, "gate", "", "the `GATE` to work for")
	addChoice(cmd, &in.Queue, "queue", "wait in this queue, whatever speaks for another", project.Queues())
	cmd.Flags().StringVar(&in.Provider, "provider", "", "who does the work, instead of agents.provider")
	cmd.Flags().StringVar(&in.Model, "model", "", "the provider's model")
	cmd.Flags().Float64Var(&way.maxCost, "max-cost", 0, "the most that it may cost, in US dollars")
	cmd.Flags().BoolVar(&way.wait, "wait", false, "wait until it is over")
	cmd.Flags().BoolVarP(&way.follow, "follow", "f", false, "wait until it is over, and show what the agent says")
	cmd.Flags().BoolVar(&way.explain, "explain", false, "say where it would wait, and why; queue nothing")
	_ = cmd.RegisterFlagCompletionFunc("task", f.completed(completeTasks(true))) // the flags were defined above
	_ = cmd.RegisterFlagCompletionFunc("gate", f.completed(completeGates))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		const million = 1_000_000
		in.Role, in.MaxCostMicros = args[0], int64(way.maxCost*million)
		if len(args) > 1 {
			in.Prompt = args[1]
		}
		if way.explain {
			return f.reading(func(ctx context.Context, s *session, _ []string) error {
				u, err := s.Agents.Explain(ctx, s.by(ctx), s.at, in)
				if err != nil {
					return err
				}
				return out.show(&project.Run{Role: in.Role, Task: in.Task, Gate: in.Gate, Queue: u.Queue, Priority: u.Priority, Reasons: u.Reasons},
					func(p *printer) { printUrgency(p, u) })
			})(cmd, args)
		}
		return f.queueing(way, out, func(ctx context.Context, s *session) (*project.Run, error) {
			return s.Agents.Run(ctx, s.by(ctx), s.at, in)
		})(cmd, args)
	}
	return cmd
}

func printUrgency(p *printer, u *project.Urgency) {
	p.line("queue %s, place %d", bold.of(string(u.Queue)), u.Priority)
	for _, r := range u.Reasons {
		p.line("  %s", r)
	}
}

// queueing makes a command that queues a run, and waits for it if that is asked for.
func (f *Factory) queueing(way runWay, out *output, queue func(ctx context.Context, s *session) (*project.Run, error)) func(*cobra.Command, []string) error {
	waits := way.wait || way.follow
	if waits {
		f.conns = 3 * workerConns //nolint:mnd // for the usual number of runs at a time
	}
	return f.changing(func(ctx context.Context, s *session, _ []string) error {
		run, err := queue(ctx, s)
		if err != nil {
			return err
		}
		alone, err := s.unattended(ctx)
		if err != nil {
			return err
		}
		if !waits {
			return out.written(project.RunID(run.ID), run, func(p *printer) {
				p.line("%s queued: %s, queue %s, place %d", bold.of(project.RunID(run.ID)), run.Role, run.Queue, run.Priority)
				if alone {
					p.line("%s no worker is there; start one: `layercake worker`", yellow.of("!"))
				}
			})
		}
		if alone {
			f.say("no worker is there; working on %s in this process", project.RunID(run.ID))
			stop, err := f.workHere(ctx, s)
			if err != nil {
				return err
			}
			defer stop()
		}
		ended, err := s.followRun(ctx, run, way.follow && !out.structured() && !f.flags.quiet)
		if err != nil {
			if ctx.Err() != nil {
				f.say("%s goes on without you: `layercake agent logs %s --follow`", project.RunID(run.ID), project.RunID(run.ID))
			}
			return err
		}
		if err := out.written(project.RunID(ended.ID), ended, func(p *printer) { printRunEnd(p, ended) }); err != nil {
			return err
		}
		if ended.Status != project.RunCompleted {
			return exitError(fault.KindFailed.ExitCode())
		}
		return nil
	})
}

// workHere works the queues in this process, until the function that it returns is
// called. Whatever else it took then goes back to the queue.
func (f *Factory) workHere(ctx context.Context, s *session) (stop func(), err error) {
	cfg, err := f.config()
	if err != nil {
		return nil, err
	}
	w, err := f.worker(ctx, s, cfg.queues(), false)
	if err != nil {
		return nil, err
	}
	return func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = w.Stop(ending)
	}, nil
}

// unattended reports whether no worker is there.
func (s *session) unattended(ctx context.Context) (bool, error) {
	workers, err := s.Agents.Workers(ctx)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(workers, func(w core.Worker) bool { return w.Alive && !w.Draining }), nil
}

// followRun waits until a run is over, and shows what it says.
func (s *session) followRun(ctx context.Context, run *project.Run, show bool) (*project.Run, error) {
	following, done := s.f.untilOutputGone(ctx)
	defer done()
	shown := newSpoken(s.f)
	ended, err := s.Agents.Follow(following, s.at.Project, run.ID, 0, func(piece core.OutputPiece) error {
		if !show {
			return nil
		}
		return shown.write(&piece)
	})
	if show {
		if err := shown.end(); err != nil {
			return nil, err
		}
	}
	if errors.Is(context.Cause(following), errOutputClosed) {
		return nil, errOutputClosed
	}
	return ended, err
}

// spoken prints what a run says as it comes.
type spoken struct {
	f       *Factory
	attempt int
	kind    string
	open    bool // a line is begun
}

func newSpoken(f *Factory) *spoken { return &spoken{f: f} }

func (s *spoken) write(piece *core.OutputPiece) error {
	p := s.f.printer()
	if piece.Attempt != s.attempt && s.attempt != 0 {
		s.close(p)
		p.line("%s", dim.of("— attempt again —"))
	}
	flows := piece.Kind == "text" || piece.Kind == "thinking"
	if !flows || piece.Kind != s.kind {
		s.close(p)
	}
	s.attempt, s.kind = piece.Attempt, piece.Kind
	text := inertLines(piece.Text)
	switch piece.Kind {
	case "tool":
		p.line("%s %s", cyan.of("→"), firstLineOf(text))
	case "result":
		p.line("%s %s", dim.of("←"), dim.of(firstLineOf(text)))
	case "error":
		p.line("%s %s", red.of("✗"), text)
	case "note":
		p.line("%s", dim.of(text))
	default:
		p.buf.WriteString(text)
		s.open = !strings.HasSuffix(text, "\n")
	}
	return s.f.write(p.buf.Bytes())
}

func (s *spoken) close(p *printer) {
	if s.open {
		p.blank()
		s.open = false
	}
}

func (s *spoken) end() error {
	p := s.f.printer()
	s.close(p)
	return s.f.write(p.buf.Bytes())
}

func firstLineOf(text string) string {
	const most = 200
	line, more, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if r := []rune(line); len(r) > most {
		return string(r[:most]) + " …"
	}
	if more != "" {
		return line + " …"
	}
	return line
}
