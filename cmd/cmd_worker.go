package cmd

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/search"
)

// workerConns is how many connections a worker takes at most, beside those for its
// jobs.
const workerConns = 6

func newCmdWorker(f *Factory) *cobra.Command {
	var queues []string
	var dirs []string
	var pollOnly bool
	drain := 30 * time.Second //nolint:mnd // the default, shown in the help
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Do what agents are asked to do",
		Long: `Do what agents are asked to do, until you interrupt it: take runs from the four queues
and have them done by whoever agents.provider names.

Any number of workers on any number of machines share one database. Each does as many
runs at a time as queues.critical, queues.high, queues.medium and queues.low say. A
worker does the runs of the project that it was started in, and of those in the folders
that --dir names; runs of other projects it leaves to others.

Interrupted, or told to end by SIGTERM, it takes nothing new, and waits for what it is
at as long as --drain says; what is not done by then goes back to the queue. Interrupted
once more, it does not wait. A worker that is killed loses nothing: after two seconds
others begin what it was at anew.

--poll-only is for databases that send no notices, such as those behind PgBouncer in
transaction mode.`,
		Example: "  layercake worker\n  layercake worker --queues critical=2,high=1\n  layercake worker --dir ../shop --dir ../blog",
		Args:    exactly(),
	}
	cmd.Flags().StringSliceVar(&queues, "queues", nil, "the queues to work, and how many runs of each at a time, as in `QUEUE=N`; others are left alone")
	cmd.Flags().StringArrayVar(&dirs, "dir", nil, "also do the runs of the project in the folder `DIR`")
	cmd.Flags().BoolVar(&pollOnly, "poll-only", false, "look for work every so often instead of waiting to be told")
	cmd.Flags().DurationVar(&drain, "drain", drain, "how long to wait for what is under way when it is to end")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := f.config()
		if err != nil {
			return err
		}
		work, err := workedQueues(cfg, queues)
		if err != nil {
			return err
		}
		if err := f.addCheckouts(dirs); err != nil {
			return err
		}
		f.conns = workerConns
		for _, n := range work {
			f.conns += int32(n) //nolint:gosec // at most a thousand
		}
		return f.reading(func(ctx context.Context, s *session, _ []string) error {
			w, err := f.worker(ctx, s, work, pollOnly)
			if err != nil {
				return err
			}
			f.say("working %s for %s on %s; interrupt it to end", queuesText(work), s.slug, host())
			<-ctx.Done()
			f.say("taking nothing new; waiting for what is under way")
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
			defer cancel()
			if hurry := f.process.Hurry; hurry != nil {
				go func() {
					select {
					case <-hurry:
						cancel()
					case <-ending.Done():
					}
				}()
			}
			if err := w.Stop(ending); err != nil {
				return err
			}
			return exitError(fault.KindInterrupted.ExitCode()) // that is how it ends
		})(cmd, nil)
	}
	return cmd
}

// workedQueues says how many runs of each queue are done at a time.
func workedQueues(cfg *settings, given []string) (map[string]int, error) {
	if len(given) == 0 {
		return cfg.queues(), nil
	}
	work := map[string]int{}
	for _, one := range given {
		name, number, _ := strings.Cut(one, "=")
		n := cfg.queues()[name]
		if number != "" {
			if err := checkNumber(number); err != nil {
				return nil, fault.Usage("invalid_queues", "%q is not a queue with a number: %v", one, err).
					WithHint("write it as in --queues critical=5,high=3")
			}
			_, _ = fmt.Sscan(number, &n) // checked above
		}
		if _, known := cfg.queues()[name]; !known {
			return nil, fault.Usage("unknown_queue", "there is no queue %q; there are %s", name, strings.Join(queueNames(), ", ")).
				WithNearest(name, queueNames(), "layercake queue stats")
		}
		work[name] = n
	}
	return work, nil
}

// queuesText writes which queues are worked.
func queuesText(work map[string]int) string {
	var parts []string
	for _, name := range queueNames() {
		if n := work[name]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s (%d)", name, n))
		}
	}
	if len(parts) == 0 {
		return "no queue"
	}
	return strings.Join(parts, ", ")
}

// addCheckouts takes the folders of further projects.
func (f *Factory) addCheckouts(dirs []string) error {
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(f.process.Dir, dir)
		}
		here, err := findPlace(dir)
		if err != nil {
			return err
		}
		if here.root == "" {
			return fault.NotFound("no_project", "there is no LayerCake project in %s or above it", dir).
				WithHint("name a folder in which `layercake status` works")
		}
		f.checkouts = append(f.checkouts, dir)
	}
	return nil
}

// workerLogger tells people what goes wrong with the queue.
func (f *Factory) workerLogger() *slog.Logger {
	return slog.New(slog.NewTextHandler(f.IO.Err, &slog.HandlerOptions{Level: slog.LevelError}))
}

// refreshIndex brings the code search of the project's folder up to date, where it
// is indexed.
func (s *session) refreshIndex(ctx context.Context) error {
	if s.at.Root == "" {
		return nil
	}
	st, err := s.Search.Status(ctx, s.at.InSearch())
	if err != nil || st.Index == nil {
		return err
	}
	_, err = s.Search.Index(ctx, s.at.InSearch(), search.IndexOptions{})
	return err
}
