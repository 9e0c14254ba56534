package mcp_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/markdown"
	"github.com/layercake-dev/layercake/mcp"
)

// files brings the files in step as the command line does.
type files struct{ app *core.App }

func (f files) Sync(ctx context.Context, at core.Place, by core.Caller, how mcp.SyncHow) (*mcp.Synced, error) {
	result, err := markdown.New(f.app.Sync).Sync(ctx, markdown.SyncParams{
		Project: at.Project, Root: at.Root, Home: true, By: by, DryRun: how.DryRun, AllowDelete: how.AllowDelete,
	})
	if err != nil {
		return nil, err
	}
	out := &mcp.Synced{InStep: result.InStep}
	for _, t := range result.Taken {
		out.Taken = append(out.Taken, t.What+" "+t.Record)
	}
	for _, w := range result.Written {
		out.Written = append(out.Written, w.Path)
	}
	for _, c := range result.Conflicts {
		out.Conflicts = append(out.Conflicts, project.SyncConflict{ID: c.ID, File: c.File, Record: c.Record, Field: c.Field, Ours: c.Ours, Theirs: c.Theirs})
	}
	return out, nil
}

func (f files) Resolve(ctx context.Context, at core.Place, by core.Caller, conflict, choice, value string) (*project.SyncConflict, error) {
	return markdown.New(f.app.Sync).Resolve(ctx, markdown.ResolveParams{Project: at.Project, By: by, Conflict: conflict, Choice: choice, Value: value})
}

// files edits TASKS.md, and settles what both sides changed.
func (s *scenario) files(t *testing.T, b *bundle, other *core.App) {
	t.Helper()
	id := s.id("create_task", map[string]any{"title": "In the file"})
	s.do("sync_markdown", nil)
	require.Equal(t, true, s.do("sync_markdown", map[string]any{"dry_run": true})["in_step"])
	path := filepath.Join(b.at.Root, "docs", "TASKS.md")
	edit := func(from, to string) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Contains(t, string(text), from)
		require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(text), from, to, 1)), 0o600))
	}
	edit("** In the file\n", "** In the edited file\n")
	dry := s.do("sync_markdown", map[string]any{"dry_run": true})
	require.Equal(t, false, dry["in_step"])
	require.Len(t, dry["taken"], 1)
	s.do("sync_markdown", nil)
	task, err := other.Tasks.Get(t.Context(), viewOf(b), id)
	require.NoError(t, err)
	require.Equal(t, "In the edited file", task.Title)

	s.do("update_task", map[string]any{"id": id, "title": "Ours"})
	edit("** In the edited file\n", "** Theirs\n")
	found, _ := s.do("sync_markdown", nil)["conflicts"].([]any)
	require.Len(t, found, 1)
	conflict := found[0].(map[string]any)
	require.Equal(t, "Theirs", conflict["theirs"])
	open, _ := s.do("get_sync_status", nil)["conflicts"].([]any)
	require.Equal(t, conflict["id"], open[0].(map[string]any)["id"])
	require.Contains(t, s.fails("resolve_sync_conflict", map[string]any{"id": "x-00000000", "choice": "ours"}), "conflict_not_found")
	s.do("resolve_sync_conflict", map[string]any{"id": conflict["id"], "choice": "theirs"})
	task, err = other.Tasks.Get(t.Context(), viewOf(b), id)
	require.NoError(t, err)
	require.Equal(t, "Theirs", task.Title)
	require.Empty(t, s.do("get_sync_status", nil)["conflicts"])
}
