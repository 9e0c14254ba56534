package markdown

import (
	"context"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
)

// Source is where states come from and renderings are kept; [core.App] is one.
type Source interface {
	Snapshot(ctx context.Context, v core.View) (*core.Snapshot, error)
	PutRendering(ctx context.Context, r core.Rendering) error
	Rendering(ctx context.Context, project uuid.UUID, file string, bodySHA256 []byte) ([]byte, error)
}

// Writer brings a project's files up to date with its state.
type Writer struct{ source Source }

// New returns a Writer over a source.
func New(source Source) *Writer { return &Writer{source: source} }

// PublishParams says which project to write where.
type PublishParams struct {
	Project uuid.UUID
	// Root is the absolute path of the project's folder.
	Root string
	// Overwrite replaces files that somebody edited as well; see [WriteParams].
	Overwrite bool
	// DryRun looks, says what would be done, and changes nothing.
	DryRun bool
}

// Publish renders a project as it is now and writes the files that changed. The
// state is read under the lock, so that of two processes the later one never
// writes the older state.
func (w *Writer) Publish(ctx context.Context, p PublishParams) (Result, error) {
	s, err := begin(ctx, p.Root)
	if err != nil {
		return Result{}, err
	}
	defer s.end()
	snapshot, err := w.source.Snapshot(ctx, core.View{Project: p.Project})
	if err != nil {
		return Result{}, err
	}
	files, err := Render(snapshot)
	if err != nil {
		return Result{}, err
	}
	return s.write(ctx, WriteParams{
		DocsDir: snapshot.Project.DocsDir, Files: files, Overwrite: p.Overwrite, DryRun: p.DryRun,
		Known: func(ctx context.Context, f File) (bool, error) {
			stamp, ok := ParseStamp(f.Content)
			if !ok || Edited(f.Content) {
				return false, nil
			}
			kept, err := w.source.Rendering(ctx, p.Project, f.Name, stamp.SHA256[:])
			return kept != nil, err
		},
		Keep: func(ctx context.Context, f File) error {
			stamp, _ := ParseStamp(f.Content)
			return w.source.PutRendering(ctx, core.Rendering{
				Project: p.Project, File: f.Name, Version: stamp.Version, BodySHA256: stamp.SHA256[:], Content: f.Content,
			})
		},
	})
}
