//go:build !linux

package cmd

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
)

// maxAncestors bounds the walk; shells in shells do not get this deep.
const maxAncestors = 32

// ancestors returns the command lines of the processes from pid upwards, as ps
// knows them.
func ancestors(ctx context.Context, pid int) [][]string {
	out, err := exec.CommandContext(ctx, "ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		return nil
	}
	type process struct {
		parent int
		argv   []string
	}
	all := map[int]process{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 3 {
			continue
		}
		id, _ := strconv.Atoi(fields[0])
		parent, _ := strconv.Atoi(fields[1])
		all[id] = process{parent, fields[2:]}
	}
	var lines [][]string
	for range maxAncestors {
		p, ok := all[pid]
		if !ok || pid <= 1 {
			break
		}
		lines = append(lines, p.argv)
		pid = p.parent
	}
	return lines
}
