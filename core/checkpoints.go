package core

import (
	"context"
	"fmt"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/project"
)

// Checkpoints records the files of a project as they are, and brings them back.
type Checkpoints struct{ a *App }

// CheckpointView is a checkpoint with how its files differ from the commit that it
// was made on.
type CheckpointView struct {
	git.Checkpoint

	Changes []git.PathChange `json:"changes"`
}

// subjectCheckpoint is what the notes about checkpoints are about.
const subjectCheckpoint = "checkpoint"

// repo opens the repository around a project.
func (a *App) repo(ctx context.Context, at Place) (*git.Repo, error) {
	if at.Root == "" {
		return nil, errNoRoot()
	}
	return git.OpenWith(ctx, at.Root, a.environ)
}

// Make records the files below the project's folder, tracked ones and untracked
// ones that are not ignored, and notes it in the log. HEAD, the index and the
// files stay as they are. Agents can do this.
func (s *Checkpoints) Make(ctx context.Context, by Caller, at Place, text string) (*git.Checkpoint, error) {
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return nil, err
	}
	c, err := r.Checkpoint(ctx, s.a.cleaner.redactor.String(text))
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("checkpoint %d: %s, commit %s", c.ID, c.Text, c.Commit)
	return c, s.note(ctx, by, at, note)
}

func (s *Checkpoints) note(ctx context.Context, by Caller, at Place, text string) error {
	_, err := s.a.Records.Note(ctx, by, at.Project, project.AddNote{Text: text, Subject: subjectCheckpoint})
	return err
}

// List lists the checkpoints, newest first.
func (s *Checkpoints) List(ctx context.Context, at Place) ([]git.Checkpoint, error) {
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return nil, err
	}
	return r.Checkpoints(ctx)
}

// Get returns one checkpoint with its changes.
func (s *Checkpoints) Get(ctx context.Context, at Place, id int) (*CheckpointView, error) {
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return nil, err
	}
	c, err := r.FindCheckpoint(ctx, id)
	if err != nil {
		return nil, err
	}
	changes, err := r.CheckpointChanges(ctx, c)
	return &CheckpointView{Checkpoint: *c, Changes: changes}, err
}

// Drop lets go of a checkpoint. Only a person can: it may be all that is left of
// somebody's work.
func (s *Checkpoints) Drop(ctx context.Context, by Caller, at Place, id int) (*git.Checkpoint, error) {
	if !by.Actor.IsPerson() {
		return nil, fault.NotAllowed("person_required", "only a person can drop a checkpoint; this is %s", by.Actor).
			WithHint("a person runs the same command in a terminal")
	}
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return nil, err
	}
	c, err := r.DropCheckpoint(ctx, id)
	if err != nil {
		return nil, err
	}
	return c, s.note(ctx, by, at, fmt.Sprintf("checkpoint %d was dropped, commit %s", c.ID, c.Commit))
}

// Restore brings the files back to what they were, after a checkpoint of what they
// are, and notes it in the log. Agents can do this, since nothing is lost by it.
func (s *Checkpoints) Restore(ctx context.Context, by Caller, at Place, p git.RestoreParams) (*git.Restored, error) {
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return nil, err
	}
	out, err := r.Restore(ctx, p)
	if err != nil || out.Before == nil {
		return out, err
	}
	return out, s.note(ctx, by, at, fmt.Sprintf("checkpoint %d was restored, %d files; what was there before is checkpoint %d",
		p.ID, len(out.Files), out.Before.ID))
}
