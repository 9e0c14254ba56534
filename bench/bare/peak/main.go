//go:build unix

// Command peak runs the command in its arguments and prints the most memory that
// it had, in bytes. It is small: a process's peak begins with what the process
// that made it had.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

func main() {
	bytes, err := run(context.Background(), os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(bytes)
}

var errNoUsage = errors.New("the system does not tell what the command used")

func run(ctx context.Context, args []string) (int64, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...) //nolint:gosec // running it is what this program is for
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w", args, err)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errNoUsage
	}
	const kib = 1024
	if runtime.GOOS == "darwin" {
		return usage.Maxrss, nil
	}
	return usage.Maxrss * kib, nil
}
