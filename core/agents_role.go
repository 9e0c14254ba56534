package core

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/project"
)

// role finds a role of a project.
func (*App) role(_ context.Context, _ Place, id string) (*role.Role, error) {
	return role.Find(role.Builtin(), id)
}

// brief assembles what an agent is given to read.
func (a *App) brief(ctx context.Context, at Place, r *role.Role, run *project.Run) (*Brief, error) {
	b := &Brief{System: r.Body, Prompt: run.Prompt}
	if run.Task != "" {
		t, err := a.Tasks.Get(ctx, View{Project: at.Project}, run.Task)
		if err != nil {
			return nil, err
		}
		b.Prompt = t.Title + "\n\n" + t.Description + "\n\n" + b.Prompt
	}
	b.Digest = fmt.Sprintf("%x", sha256.Sum256([]byte(b.System+"\x00"+b.Prompt)))
	return b, nil
}
