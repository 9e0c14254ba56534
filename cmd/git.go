package cmd

import (
	"context"
	"os/exec"
)

// git returns a git command to be run in a folder.
func (f *Factory) git(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Env = dir, f.env.list
	return cmd
}
