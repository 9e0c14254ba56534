package core

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Sync takes what the markdown files say into the project. The records in them
// have ids made from where they stand, so that a sync that was killed and runs
// again makes nothing twice.
type Sync struct{ a *App }

// Do carries out one command that a file asks for, if nothing else happened since
// a version of the log. It returns the version after it. A change in between is an
// error with the code [project.CodeMoved].
func (s *Sync) Do(ctx context.Context, by Caller, p uuid.UUID, since int64, cmd project.Command) (int64, error) {
	receipt, err := s.a.write(ctx, by, p, &project.Unmoved{Command: cmd, Since: since})
	if err != nil {
		return since, err
	}
	return max(since, receipt.Last), nil
}

// Make is [Sync.Do] for a command that makes a record with an id of [DerivedID].
// That it was made before is no error.
func (s *Sync) Make(ctx context.Context, by Caller, p uuid.UUID, since int64, cmd project.Command) (int64, error) {
	version, err := s.Do(ctx, by, p, since, cmd)
	if errors.Is(err, ErrTaken) {
		return since, nil
	}
	return version, err
}

// Find returns the stored id of a record that somebody named in a file.
func (s *Sync) Find(ctx context.Context, p uuid.UUID, kind Kind, typed string) (string, error) {
	return s.a.find(ctx, p, kind, typed)
}

// DerivedID returns the id that a record gets from what it is made from: the same
// parts give the same id, others another one.
func DerivedID(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(part), part) // a hash takes everything
	}
	id := sum.Sum(nil)[:project.IDLength]
	for i := range id {
		id[i] = project.IDAlphabet[int(id[i])%len(project.IDAlphabet)]
	}
	return string(id)
}

// Conflicts lists the conflicts between files and database: the open ones, or
// all.
func (s *Sync) Conflicts(ctx context.Context, v View, all bool) ([]project.SyncConflict, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.SyncConflict, error) {
		return r.SyncConflicts(ctx, all)
	})
}

// Conflict returns one conflict.
func (s *Sync) Conflict(ctx context.Context, v View, typed string) (*project.SyncConflict, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*project.SyncConflict, error) {
		id, err := resolve(ctx, r, KindConflict, typed)
		if err != nil {
			return nil, err
		}
		all, err := r.SyncConflicts(ctx, true)
		if err != nil {
			return nil, err
		}
		for i := range all {
			if all[i].ID == id {
				return &all[i], nil
			}
		}
		return nil, fault.NotFound("conflict_not_found", "there is no conflict x-%s", id).WithHint("run `layercake sync status`")
	})
}

// State is what a sync has to know to find nothing to do: the end of the log, and
// what the files were when they last agreed with it.
func (s *Sync) State(ctx context.Context, p uuid.UUID) (Head, []SyncedFile, error) {
	head, err := s.a.store.Head(ctx, p)
	if err != nil {
		return Head{}, nil, err
	}
	files, err := s.a.store.SyncedFiles(ctx, p)
	return head, files, err
}

// Watch calls fn whenever a project may have changed, and once a second, until fn
// returns an error or the context ends; trouble is told when the database does not
// answer.
func (s *Sync) Watch(ctx context.Context, p uuid.UUID, fn func(ctx context.Context) error, trouble func(err error)) error {
	return s.a.store.Watch(ctx, p, fn, trouble)
}

// Snapshot reads everything about a project at one moment.
func (s *Sync) Snapshot(ctx context.Context, v View) (*Snapshot, error) { return s.a.Snapshot(ctx, v) }

// DatabaseID names the database.
func (s *Sync) DatabaseID(ctx context.Context) (uuid.UUID, error) { return s.a.store.DatabaseID(ctx) }

// PutRendering keeps a markdown file as it was written.
func (s *Sync) PutRendering(ctx context.Context, r Rendering) error {
	return s.a.store.PutRendering(ctx, r)
}

// Rendering returns a markdown file as it was written, by the hash of the bytes
// before its stamp, or nil when it is not kept.
func (s *Sync) Rendering(ctx context.Context, p uuid.UUID, file string, bodySHA256 []byte) ([]byte, error) {
	return s.a.store.Rendering(ctx, p, file, bodySHA256)
}

// PutSyncedFile remembers how far the renderings of a file were taken in.
func (s *Sync) PutSyncedFile(ctx context.Context, p uuid.UUID, f SyncedFile) error {
	return s.a.store.PutSyncedFile(ctx, p, f)
}
