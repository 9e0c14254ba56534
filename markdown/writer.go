package markdown

import (
	"context"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// Source is where states come from, and where what the files say goes;
// [core.Sync] is one.
type Source interface {
	// Snapshot reads everything about a project at one moment, State what is
	// enough to find nothing to do.
	Snapshot(ctx context.Context, v core.View) (*core.Snapshot, error)
	State(ctx context.Context, project uuid.UUID) (core.Head, []core.SyncedFile, error)
	DatabaseID(ctx context.Context) (uuid.UUID, error)
	// Watch calls fn whenever a project may have changed, as [core.Store] does.
	Watch(ctx context.Context, project uuid.UUID, fn func(ctx context.Context) error, trouble func(err error)) error
	// PutRendering keeps a file as it is written, and Rendering finds one by the
	// hash in its stamp; nil when it is not kept.
	PutRendering(ctx context.Context, r core.Rendering) error
	Rendering(ctx context.Context, project uuid.UUID, file string, bodySHA256 []byte) ([]byte, error)
	// PutSyncedFile remembers how far a file was taken in.
	PutSyncedFile(ctx context.Context, project uuid.UUID, f core.SyncedFile) error
	// Do carries out a command if nothing happened since a version of the log, and
	// returns the version after it; Make does so for a record that may have been
	// made before; Find resolves an id that somebody typed.
	Do(ctx context.Context, by core.Caller, project uuid.UUID, since int64, cmd project.Command) (int64, error)
	Make(ctx context.Context, by core.Caller, project uuid.UUID, since int64, cmd project.Command) (int64, error)
	Find(ctx context.Context, project uuid.UUID, kind core.Kind, typed string) (string, error)
	// Conflict returns one conflict, by the id that somebody typed.
	Conflict(ctx context.Context, v core.View, typed string) (*project.SyncConflict, error)
}

// Writer brings a project's files and its state in step.
type Writer struct{ source Source }

// New returns a Writer over a source.
func New(source Source) *Writer { return &Writer{source: source} }

// keep keeps a rendering, so that a file that is made from it can be read later.
func (w *Writer) keep(ctx context.Context, id uuid.UUID, f File) error {
	stamp, _ := ParseStamp(f.Content)
	return w.source.PutRendering(ctx, core.Rendering{
		Project: id, File: f.Name, Version: stamp.Version, BodySHA256: stamp.SHA256[:], Content: f.Content,
	})
}
