//go:build unix

package faults

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core/faulttest"
)

// strike is a command that is to be killed, in a process group of its own with all
// that it starts.
type strike struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
}

// strike starts a command.
func (u *user) strike(t testing.TB, args ...string) *strike {
	t.Helper()
	s := &strike{cmd: u.command(t.Context(), args...)}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	require.NoError(t, s.cmd.Start())
	return s
}

// kill kills the program alone, or with what it started.
func (s *strike) kill(group bool) {
	pid := s.cmd.Process.Pid
	if group {
		pid = -pid
	}
	_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
}

// wait waits for the end of the command and of what it started, and reports
// whether it was killed. A command that was not has to have succeeded.
func (s *strike) wait(t testing.TB) (killed bool) {
	t.Helper()
	err := s.cmd.Wait()
	group := -s.cmd.Process.Pid
	require.Eventually(t, func() bool { return syscall.Kill(group, 0) != nil }, patience, time.Millisecond)
	if state := s.cmd.ProcessState; err != nil && state.ExitCode() == -1 {
		return true
	}
	require.NoError(t, err, "%q: %s%s", s.cmd.Args, s.stdout.String(), s.stderr.String())
	return false
}

// moments spreads the kills of some rounds over the time that a command takes, and
// a little more: in each round somewhere in the next part of it.
type moments struct {
	whole time.Duration
	of    int
}

// in is the moment for a round.
func (m moments) in(round int) time.Duration {
	part := float64(round%m.of) + rand.Float64()
	return time.Duration(part / float64(m.of) * 1.1 * float64(m.whole))
}

// strikeAfter runs a command and kills it when some time has passed.
func (u *user) strikeAfter(t testing.TB, pause time.Duration, group bool, args ...string) (killed bool) {
	t.Helper()
	s := u.strike(t, args...)
	timer := time.AfterFunc(pause, func() { s.kill(group) })
	defer timer.Stop()
	return s.wait(t)
}

// gitPoint is where in one of the calls of git a command is killed.
type gitPoint string

const (
	beforeCall gitPoint = "all of them before"
	afterCall  gitPoint = "all of them after"
	aloneCall  gitPoint = "the program alone, and git goes on, in"
	// withinCall kills all of them with the lock in git's hand.
	withinCall gitPoint = "all of them within"
)

// cut is where a command is killed: at one of its calls of git, counted from 1, or
// at one of those that write, counted among themselves: how many of the others come
// before them depends on what is there.
type cut struct {
	point  gitPoint
	call   int
	writes bool
}

// cuts are those of a command that makes these calls, in each of the ways. In short
// they are one for each call that writes, with git's lock held or the program alone,
// in turn.
func cuts(calls []string, turn int) []cut {
	var found []cut
	written := 0
	for i, call := range calls {
		at := cut{call: i + 1}
		at.writes = strings.Contains(call, " update-index ") || strings.Contains(call, " update-ref ") || strings.Contains(call, " checkout-index ")
		var points []gitPoint
		if faulttest.Full() {
			points = []gitPoint{beforeCall, afterCall, aloneCall}
		}
		if at.writes {
			written++
			at.call = written
			switch {
			case faulttest.Full():
				points = append(points, withinCall)
			case (written+turn)%2 == 0:
				points = []gitPoint{aloneCall}
			default:
				points = []gitPoint{withinCall}
			}
		}
		for _, at.point = range points {
			found = append(found, at)
		}
	}
	return found
}

// gitSteps is a git on the path that kills who calls it at a call that can be
// chosen.
type gitSteps struct{ dir string }

// gitSteps puts it on the user's path.
func (u *user) gitSteps(t testing.TB) *gitSteps {
	t.Helper()
	git, err := exec.LookPath("git")
	require.NoError(t, err)
	g := &gitSteps{dir: filepath.Join(u.top, "steps")}
	require.NoError(t, os.Mkdir(g.dir, 0o755))
	script := fmt.Sprintf(`#!/bin/sh
dir=%[1]s git=%[2]s
[ -e "$dir/at" ] || exec "$git" "$@"
printf '%%s\n' "$*" >>"$dir/calls"
read -r at <"$dir/at"
read -r point <"$dir/point"
read -r among <"$dir/among"
[ "$(grep -cE "$among" "$dir/calls")" -ge "$at" ] || exec "$git" "$@"
case $point in
*before) kill -9 0 ;;
*after) "$git" "$@"; kill -9 0 ;;
*within)
  case " $* " in
  *" update-index "*) : >.git/index.lock ;;
  *" checkout-index "*) "$git" "$@" & ;;
  *" refs/"*) for ref; do
    case $ref in refs/*) mkdir -p ".git/${ref%%/*}"; : >".git/$ref.lock" ;; esac
  done ;;
  *" update-ref "*) : >.git/HEAD.lock; : >.git/refs/heads/main.lock ;;
  esac
  kill -9 0 ;;
*) kill -9 $PPID; exec "$git" "$@" ;;
esac
`, g.dir, git)
	require.NoError(t, os.WriteFile(filepath.Join(g.dir, "git"), []byte(script), 0o755))
	u.set("PATH", g.dir+":"+os.Getenv("PATH"))
	return g
}

// at chooses the call of the next command.
func (g *gitSteps) at(t testing.TB, c cut) {
	t.Helper()
	among := "."
	if c.writes {
		among = " (update-(index|ref)|checkout-index) "
	}
	for name, text := range map[string]string{"point": string(c.point), "among": among, "at": strconv.Itoa(c.call)} {
		require.NoError(t, os.WriteFile(filepath.Join(g.dir, name), []byte(text+"\n"), 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(g.dir, "calls"), nil, 0o600))
}

// off lets all calls through, and returns those that were made.
func (g *gitSteps) off(t testing.TB) []string {
	t.Helper()
	calls, err := os.ReadFile(filepath.Join(g.dir, "calls"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(g.dir, "at")))
	return strings.Split(strings.TrimSpace(string(calls)), "\n")
}
