package core

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/project"
)

// role finds a role of a project.
func (a *App) role(_ context.Context, at Place, id string) (*role.Role, error) {
	return a.Roles.Get(at.Root, id)
}

// brief assembles what an agent is given to read.
func (a *App) brief(ctx context.Context, at Place, r *role.Role, run *project.Run) (*Brief, error) {
	p := BriefingParams{Role: r.ID, Task: run.Task, Instructions: run.Prompt}
	if run.Attempt > 0 && run.Reason != "" {
		p.Attempts = []BriefingAttempt{{Number: run.Attempt, Error: run.Reason, Output: run.Summary}}
	}
	told, err := a.Briefing.Assemble(ctx, at, p)
	if err != nil {
		return nil, err
	}
	b := &Brief{System: told.System, Prompt: told.Prompt}
	b.Digest = fmt.Sprintf("%x", sha256.Sum256([]byte(b.System+"\x00"+b.Prompt)))
	return b, nil
}
