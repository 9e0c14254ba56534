package markdown_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db"
	"github.com/layercake-dev/layercake/db/cluster/clustertest"
	"github.com/layercake-dev/layercake/markdown"
)

// Publishing from a real database, from its projections and from its log.
func TestPublishFromADatabase(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := db.Open(ctx, clustertest.Database(t), db.Options{MaxConns: 8, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	app := core.New(core.Config{Store: store, Artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})})
	ada := core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}}
	pr, err := app.Projects.Create(ctx, ada, core.NewProject{Name: "Cake | shop", Level: project.LevelDemo})
	require.NoError(t, err)
	root := t.TempDir()
	w := markdown.New(app.Sync)
	publish := func(overwrite bool) markdown.Result {
		t.Helper()
		result, err := w.Sync(ctx, markdown.SyncParams{Project: pr.ID, Root: root, Home: true, By: ada, Unread: true, Overwrite: overwrite})
		require.NoError(t, err)
		return result.Result
	}
	require.Len(t, publish(false).Written, 5)

	first, err := app.Tasks.Add(ctx, ada, pr.ID, core.NewTask{Title: nastyLine, Description: nasty})
	require.NoError(t, err)
	second, err := app.Tasks.Add(ctx, ada, pr.ID, core.NewTask{Title: "Second", DependsOn: []string{first.ID}})
	require.NoError(t, err)
	require.Equal(t, []string{"STATUS.md", "TASKS.md"}, names(publish(false).Written))
	require.Len(t, publish(false).Unchanged, 5)

	path := filepath.Join(root, "docs", "TASKS.md")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(content), "- [ ] **t-"+second.ID+"** Second\n")
	edited := bytes.Replace(content, []byte("- [ ] **t-"+first.ID), []byte("- [x] **t-"+first.ID), 1)
	require.NoError(t, os.WriteFile(path, edited, 0o644))
	require.Equal(t, []string{"TASKS.md"}, names(publish(false).Refused))
	require.NotEmpty(t, publish(true).Written[0].Aside)

	head, err := app.Snapshot(ctx, core.View{Project: pr.ID})
	require.NoError(t, err)
	replayed, err := app.Snapshot(ctx, core.View{Project: pr.ID, At: core.At{Seq: head.Head.Version}})
	require.NoError(t, err)
	require.Equal(t, render(t, head), render(t, replayed), "projections and log say the same")
}

// Of many processes that change and publish, the last to write writes the
// newest state.
func TestPublishManyAtOnce(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, err := db.Open(ctx, clustertest.Database(t), db.Options{MaxConns: 8, Migrate: true})
	require.NoError(t, err)
	t.Cleanup(store.Close)
	app := core.New(core.Config{Store: store, Artifacts: artifact.NewFS(t.TempDir(), artifact.FSOptions{})})
	ada := core.Caller{Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"}}
	pr, err := app.Projects.Create(ctx, ada, core.NewProject{Name: "Many", Level: project.LevelDemo})
	require.NoError(t, err)
	root := t.TempDir()
	const many = 20
	var workers sync.WaitGroup
	errs := make([]error, many)
	results := make([]*markdown.SyncResult, many)
	for i := range many {
		workers.Go(func() {
			if _, errs[i] = app.Tasks.Add(ctx, ada, pr.ID, core.NewTask{Title: fmt.Sprintf("Task %d", i)}); errs[i] != nil {
				return
			}
			results[i], errs[i] = markdown.New(app.Sync).Sync(ctx, markdown.SyncParams{Project: pr.ID, Root: root, Home: true, By: ada})
		})
	}
	workers.Wait()
	for i := range many {
		require.NoError(t, errs[i])
		require.Empty(t, results[i].Refused)
	}
	content, err := os.ReadFile(filepath.Join(root, "docs", "TASKS.md"))
	require.NoError(t, err)
	snap, err := app.Snapshot(ctx, core.View{Project: pr.ID})
	require.NoError(t, err)
	require.Equal(t, render(t, snap)["TASKS.md"], string(content))
	require.Len(t, regexp.MustCompile(`(?m)^- \[ \] `).FindAllString(string(content), -1), many)
	require.Equal(t, 1, strings.Count(string(content), "<!-- layercake"))
}
