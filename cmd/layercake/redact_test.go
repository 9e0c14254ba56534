package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheSecretIsNotShown holds that a text to take out can be typed without
// being seen, and that only the typed word takes it out.
func TestTheSecretIsNotShown(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.do(t, "layercake", "task", "add", "log in with hunter2-and-more")
	redact := []string{"redact", "--reason", "a password"}
	shown, code := s.atTerminal(t, redact, "The text to take out", "hunter2-and-more\n", `Type "yes"`, "ok\n")
	require.Equal(t, 4, code, shown)
	require.NotContains(t, shown, "hunter2")
	require.Contains(t, s.do(t, "layercake", "task", "list"), "hunter2")
	shown, code = s.atTerminal(t, redact, "The text to take out", "\x03")
	require.Equal(t, 130, code, shown)
	shown, code = s.atTerminal(t, redact, "The text to take out", "hunter2-and-more\n", `Type "yes"`, "yes\n")
	require.Zero(t, code, shown)
	require.NotContains(t, shown, "hunter2")
	require.NotContains(t, s.do(t, "layercake", "task", "list"), "hunter2")
	s.env = append(s.env, "CLAUDECODE=1")
	_, code = s.atTerminal(t, []string{"redact", "--seq", "2", "--reason", "x"})
	require.Equal(t, 4, code)
}
