package git

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Worktree is a work tree of its own beside that of people, on a branch of its own.
type Worktree struct {
	// Repo is the repository seen from the work tree.
	*Repo

	// Dir is its folder, Branch the branch, and Base the commit that it began at.
	Dir, Branch, Base string

	main *Repo
}

// OpenWorktree makes a work tree at dir on a branch, which begins at HEAD, or goes on
// with what an earlier one left there.
func (r *Repo) OpenWorktree(ctx context.Context, dir, branch string) (*Worktree, error) {
	w := &Worktree{Dir: dir, Branch: branch, main: r}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		w.Repo = AtWith(dir, r.env)
		if err := w.findBase(ctx); err == nil {
			return w, nil
		}
		// What a killed process left of it is of no use.
		if err := w.Remove(ctx); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, fault.Failed("worktree_folder", "the folder of the work tree cannot be made: %v", err).
			WithHint("ls -ld %q", filepath.Dir(dir)).Wrap(err)
	}
	args := []string{"worktree", "add", "--quiet"}
	if _, err := r.Commit(ctx, "refs/heads/"+branch); err == nil {
		args = append(args, dir, branch)
	} else {
		args = append(args, "-b", branch, dir, "HEAD")
	}
	// A work tree whose folder is gone holds its branch until it is forgotten.
	if _, err := r.Run(ctx, "worktree", "prune"); err != nil {
		return nil, err
	}
	if _, err := r.Run(ctx, args...); err != nil {
		return nil, err
	}
	w.Repo = AtWith(dir, r.env)
	if err := w.findBase(ctx); err != nil {
		return nil, err
	}
	return w, nil
}

// findBase finds where the branch left that of people.
func (w *Worktree) findBase(ctx context.Context) error {
	head, err := w.main.Commit(ctx, "HEAD")
	if err != nil {
		return err
	}
	w.Base, err = w.line(ctx, "merge-base", head, "HEAD")
	return err
}

// Keep commits everything that differs, ignored files left out, and returns the
// commit and the paths that differ from where the branch began. commit is empty when
// nothing was ever changed.
func (w *Worktree) Keep(ctx context.Context, author, message string) (commit string, paths []string, err error) {
	if _, err := w.Run(ctx, "add", "--all"); err != nil {
		return "", nil, err
	}
	_, err = w.Run(ctx, "diff", "--cached", "--quiet")
	switch {
	case ExitCode(err) == 1:
		// The agent's work, not the person's: their name, hooks and keys have no part.
		_, err := w.Do(ctx, Call{
			Env: []string{
				"GIT_AUTHOR_NAME=" + author, "GIT_AUTHOR_EMAIL=" + AgentEmail, "GIT_COMMITTER_NAME=" + author, "GIT_COMMITTER_EMAIL=" + AgentEmail,
			},
			Args: []string{"commit", "--quiet", "--no-verify", "--no-gpg-sign", "--cleanup=verbatim", "--file=-"}, Input: []byte(message),
		})
		if err != nil {
			return "", nil, err
		}
	case err != nil:
		return "", nil, err
	}
	head, err := w.Commit(ctx, "HEAD")
	if err != nil || head == w.Base {
		return "", nil, err
	}
	out, err := w.Run(ctx, "diff", "--name-only", "-z", "--no-renames", w.Base, head)
	if err != nil {
		return "", nil, err
	}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if len(name) > 0 {
			paths = append(paths, string(name))
		}
	}
	return head, paths, nil
}

// Remove takes the work tree away. The branch stays, if anything is on it.
func (w *Worktree) Remove(ctx context.Context) error {
	if _, err := w.main.Run(ctx, "worktree", "remove", "--force", w.Dir); err != nil {
		if err := os.RemoveAll(w.Dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.Failed("worktree_folder", "the folder of the work tree cannot be removed: %v", err).
				WithHint("ls -ld %q", w.Dir).Wrap(err)
		}
		if _, err := w.main.Run(ctx, "worktree", "prune"); err != nil {
			return err
		}
	}
	head, err := w.main.Commit(ctx, "refs/heads/"+w.Branch)
	if err != nil || head != w.Base || !strings.HasPrefix(w.Branch, BranchPrefix) {
		return nil //nolint:nilerr // there is no branch, or something is on it
	}
	_, err = w.main.Run(ctx, "branch", "--quiet", "-D", w.Branch)
	return err
}

// AgentEmail is the address under which agents commit. Nobody has it: names that end
// so never resolve (RFC 6761).
const AgentEmail = "agent@layercake.invalid"

// BranchPrefix begins the branches of agents.
const BranchPrefix = "layercake/"

// Merge brings a branch into the one that is checked out. Where both changed the same
// lines it changes nothing, and returns the paths.
func (r *Repo) Merge(ctx context.Context, branch, message string) (conflicts []string, err error) {
	// It is LayerCake that merges: nobody's name, hooks and keys have a part in it.
	_, err = r.Do(ctx, Call{
		Env: []string{
			"GIT_AUTHOR_NAME=LayerCake", "GIT_AUTHOR_EMAIL=" + AgentEmail, "GIT_COMMITTER_NAME=LayerCake", "GIT_COMMITTER_EMAIL=" + AgentEmail,
		},
		Args: []string{
			"-c", "rerere.enabled=false", "merge", "--quiet", "--no-ff", "--no-verify", "--no-gpg-sign", "--no-autostash", "-m", message, branch,
		},
	})
	if err == nil {
		return nil, nil
	}
	out, listErr := r.Run(ctx, "diff", "--name-only", "-z", "--diff-filter=U")
	if listErr != nil || len(out) == 0 {
		return nil, err
	}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		conflicts = append(conflicts, string(name))
	}
	if _, abortErr := r.Run(ctx, "merge", "--abort"); abortErr != nil {
		return conflicts, abortErr
	}
	return conflicts, nil
}
