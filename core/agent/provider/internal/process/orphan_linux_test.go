package process_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/agent/provider/internal/process"
)

const parentEnv = "LAYERCAKE_TEST_PARENT"

// TestMain makes the test's program run a shell that waits, when it is told to.
func TestMain(m *testing.M) {
	if file := os.Getenv(parentEnv); file != "" {
		_, err := process.Run(context.Background(), process.Spec{
			Argv: []string{"/bin/sh", "-c", "echo $$ > \"$1\"; exec sleep 60", "sh", file}, Dir: os.TempDir(),
		})
		_, _ = fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// TestProgramDiesWithWhoeverStartedIt kills the process that runs a program that
// says nothing, and would not notice.
func TestProgramDiesWithWhoeverStartedIt(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/pid"
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), parentEnv+"="+file)
	require.NoError(t, parent.Start())
	var pid int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(file)
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	}, 20*time.Second, 5*time.Millisecond)
	require.NoError(t, syscall.Kill(pid, 0), "it runs")
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return dead(pid) }, 20*time.Second, 5*time.Millisecond)
}

// dead reports whether a process is gone, or nobody has asked how it ended.
func dead(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}
