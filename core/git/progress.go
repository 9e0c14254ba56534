package git

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Operation is something that a person began in a work tree and has not ended,
// in the words of git's own commands.
type Operation string

// The operations.
const (
	// Idle is none.
	Idle       Operation = ""
	Merge      Operation = "merge"
	Rebase     Operation = "rebase"
	Am         Operation = "am"
	CherryPick Operation = "cherry-pick"
	Revert     Operation = "revert"
	Bisect     Operation = "bisect"
)

// InProgress tells which operation is under way in the work tree around dir. Of
// a bisect and another, such as a cherry-pick during it, it is the other. Each
// linked worktree has its own.
func InProgress(ctx context.Context, dir string) (Operation, error) {
	return At(dir).InProgress(ctx)
}

// InProgress is [InProgress] for this repository.
func (r *Repo) InProgress(ctx context.Context) (Operation, error) {
	dir, err := r.line(ctx, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return Idle, err
	}
	return inProgress(dir)
}

// inProgress looks at the marks that git leaves in the git directory.
func inProgress(gitDir string) (Operation, error) {
	marks := []struct {
		path string
		op   Operation
	}{
		// First, because a rebase that has stopped leaves the others' marks, too.
		{"rebase-apply/applying", Am},
		{"rebase-apply", Rebase},
		{"rebase-merge", Rebase},
		{"MERGE_HEAD", Merge},
		{"CHERRY_PICK_HEAD", CherryPick},
		{"REVERT_HEAD", Revert},
		{sequence, CherryPick},
		{"BISECT_LOG", Bisect},
	}
	for _, m := range marks {
		_, err := os.Lstat(filepath.Join(gitDir, filepath.FromSlash(m.path)))
		if err == nil && m.path == sequence {
			return sequenced(gitDir)
		}
		if err == nil {
			return m.op, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return Idle, err
		}
	}
	return Idle, nil
}

// sequence is the list of the commits that are still to be picked or reverted;
// between two of them it is the only mark.
const sequence = "sequencer/todo"

func sequenced(gitDir string) (Operation, error) {
	todo, err := os.ReadFile(filepath.Join(gitDir, filepath.FromSlash(sequence)))
	if err != nil {
		return Idle, err
	}
	if bytes.HasPrefix(todo, []byte("revert ")) {
		return Revert, nil
	}
	return CherryPick, nil
}
