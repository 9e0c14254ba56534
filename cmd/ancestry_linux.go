package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// maxAncestors bounds the walk; shells in shells do not get this deep.
const maxAncestors = 32

// ancestors returns the command lines of the processes from pid upwards.
func ancestors(_ context.Context, pid int) [][]string {
	var lines [][]string
	for range maxAncestors {
		if pid <= 1 {
			break
		}
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		if raw, err := os.ReadFile(filepath.Join(dir, "cmdline")); err == nil && len(raw) > 0 {
			lines = append(lines, strings.Split(strings.TrimRight(string(raw), "\x00"), "\x00"))
		}
		stat, err := os.ReadFile(filepath.Join(dir, "stat"))
		if err != nil {
			break
		}
		// The name in parentheses may hold anything; the parent is the second
		// field after it.
		_, rest, _ := strings.Cut(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " ")
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			break
		}
		if pid, err = strconv.Atoi(fields[1]); err != nil {
			break
		}
	}
	return lines
}
