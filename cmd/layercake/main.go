// Command layercake keeps the state of software that people and AI agents build
// together.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/layercake-dev/layercake/cmd"
)

// Set by the linker in releases.
var version, commit, date string //nolint:gochecknoglobals // the linker sets variables only

// gcPercent lets memory grow threefold between collections: commands are over before
// it matters. The MCP server, which stays, sets it back.
const gcPercent = 200

func main() {
	debug.SetGCPercent(gcPercent)
	os.Exit(run(os.Getppid()))
}

// run runs one command for the process that parent started.
func run(parent int) int {
	// A reader that goes away shows as an error of the write, which is quiet,
	// and not as a signal, which is not.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	ctx, hurry, stop := interrupts()
	defer stop()

	dir, err := os.Getwd()
	if err != nil {
		dir = string(os.PathSeparator) // removed under our feet; commands say what they miss
	}
	return cmd.Run(ctx, cmd.Process{
		Args: os.Args[1:], In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(), Dir: dir,
		UID: os.Getuid(), ParentPID: parent, Hurry: hurry, Now: time.Now, Build: build(),
	})
}

// lastMoment is how long what runs has to end after the second signal.
const lastMoment = time.Second

// interrupts returns a context that ends with the first signal, and a channel that
// is closed by the second: what this program started is killed then, and it ends
// itself, whatever it was at.
func interrupts() (ctx context.Context, hurry <-chan struct{}, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals, again := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		cancel()
		<-signals
		close(again)
		<-time.After(lastMoment)
		const interrupted = 130
		os.Exit(interrupted)
	}()
	return ctx, again, func() {
		signal.Stop(signals)
		cancel()
	}
}

// build says which release this is; what the linker did not set is taken from
// what the compiler noted.
func build() cmd.Build {
	b := cmd.Build{Version: version, Commit: commit, Date: date}
	info, ok := debug.ReadBuildInfo()
	if ok && b.Version == "" {
		b.Version = info.Main.Version
	}
	if ok && b.Commit == "" {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Commit = s.Value
			case "vcs.time":
				b.Date = s.Value
			}
		}
	}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	return b
}
