package markdown_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/markdown"
)

var _ markdown.Source = (*core.App)(nil)

// source serves a snapshot and keeps renderings.
type source struct {
	b *bench
	t *testing.T
	// puts are the renderings kept, in order.
	puts []core.Rendering
	err  error
}

func (s *source) Snapshot(_ context.Context, v core.View) (*core.Snapshot, error) {
	require.Equal(s.t, core.View{Project: s.b.snap.Project.ID}, v)
	return s.b.snap, s.err
}

func (s *source) PutRendering(ctx context.Context, r core.Rendering) error {
	if current, err := os.ReadFile(s.b.path(r.File)); err == nil {
		require.NotEqual(s.t, r.Content, current, "kept before it appears")
	}
	s.puts = append(s.puts, r)
	return s.b.kept.keep(ctx, markdown.File{Name: r.File, Content: r.Content})
}

func (s *source) Rendering(_ context.Context, project uuid.UUID, file string, sum []byte) ([]byte, error) {
	require.Equal(s.t, s.b.snap.Project.ID, project)
	for _, r := range s.puts {
		if r.File == file && bytes.Equal(r.BodySHA256, sum) {
			return r.Content, nil
		}
	}
	return nil, nil
}

func TestPublish(t *testing.T) {
	t.Parallel()
	b := setup(t)
	src := &source{b: b, t: t}
	w := markdown.New(src)
	params := markdown.PublishParams{Project: b.snap.Project.ID, Root: b.root}
	result, err := w.Publish(t.Context(), params)
	require.NoError(t, err)
	require.Len(t, result.Written, 9)
	require.Len(t, src.puts, 9)
	for _, r := range src.puts {
		require.Equal(t, b.snap.Project.ID, r.Project)
		require.EqualValues(t, 321, r.Version)
		require.Len(t, r.BodySHA256, 32)
	}
	b.change()
	result, err = w.Publish(t.Context(), params)
	require.NoError(t, err)
	require.Equal(t, []string{"STATUS.md", "TASKS.md"}, names(result.Written))
	require.EqualValues(t, 322, src.puts[9].Version)

	require.NoError(t, os.WriteFile(b.path("TASKS.md"), []byte("mine"), 0o644))
	result, err = w.Publish(t.Context(), params)
	require.NoError(t, err)
	require.Equal(t, []string{"TASKS.md"}, names(result.Refused))
	params.Overwrite = true
	result, err = w.Publish(t.Context(), params)
	require.NoError(t, err)
	require.Equal(t, []string{"TASKS.md"}, names(result.Written))
	require.NotEmpty(t, result.Written[0].Aside)

	src.err = errKeep
	_, err = w.Publish(t.Context(), params)
	require.ErrorIs(t, err, errKeep)
	params.Root = "relative"
	_, err = w.Publish(t.Context(), params)
	require.Error(t, err)
}
