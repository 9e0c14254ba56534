package cmd

import (
	"context"
	"fmt"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/markdown"
	"github.com/layercake-dev/layercake/mcp"
)

// doorFiles brings the markdown files in step for tools.
type doorFiles struct{ d *door }

// session is the one that the door has open.
func (f doorFiles) session() *session {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return f.d.s
}

// Sync reads what was changed in the files, on behalf of the agent that asks, and
// writes them.
func (f doorFiles) Sync(ctx context.Context, _ core.Place, by core.Caller, how mcp.SyncHow) (*mcp.Synced, error) {
	s := f.session()
	params := s.syncParams(by, false)
	params.DryRun, params.AllowDelete = how.DryRun, how.AllowDelete
	result, err := s.files().Sync(ctx, params)
	if err != nil {
		return nil, err
	}
	if !how.DryRun {
		s.committed(ctx, &result.Result)
	}
	out := &mcp.Synced{InStep: result.InStep}
	for i := range result.Taken {
		t := &result.Taken[i]
		where := t.File
		if t.Line > 0 {
			where = fmt.Sprintf("%s:%d", t.File, t.Line)
		}
		out.Taken = append(out.Taken, where+": "+takenText(t))
	}
	for i := range result.Written {
		out.Written = append(out.Written, result.Written[i].Path)
	}
	for i := range result.Refused {
		r := &result.Refused[i]
		out.Refused = append(out.Refused, r.Path+": "+r.Message+" ("+r.Hint+")")
	}
	for i := range result.Conflicts {
		c := &result.Conflicts[i]
		out.Conflicts = append(out.Conflicts, project.SyncConflict{
			ID: c.ID, File: c.File, Record: c.Record, Field: c.Field, Ours: c.Ours, Theirs: c.Theirs, Reason: c.Reason,
		})
	}
	return out, nil
}

// Resolve settles a conflict.
func (f doorFiles) Resolve(ctx context.Context, at core.Place, by core.Caller, conflict, choice, value string) (*project.SyncConflict, error) {
	return f.session().files().Resolve(ctx, markdown.ResolveParams{
		Project: at.Project, By: by, Conflict: conflict, Choice: choice, Value: value,
	})
}
