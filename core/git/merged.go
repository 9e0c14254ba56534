package git

import (
	"bytes"
	"context"
	"os"

	"github.com/layercake-dev/layercake/core/fault"
)

// Holds reports whether the history of a commit holds another one.
func (r *Repo) Holds(ctx context.Context, commit, other string) (bool, error) {
	_, err := r.Run(ctx, "merge-base", "--is-ancestor", other, commit)
	if ExitCode(err) == 1 {
		return false, nil
	}
	return err == nil, err
}

// Leftover lists the files in which a branch brings or changes lines that begin like
// a conflict that nobody has resolved, seen from where it left HEAD.
func (r *Repo) Leftover(ctx context.Context, branch string) ([]string, error) {
	out, err := r.Run(ctx, "diff", "--name-only", "-z", "--no-renames", "-G^<<<<<<< ", "HEAD..."+branch)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if len(name) > 0 {
			names = append(names, string(name))
		}
	}
	return names, nil
}

// TryLock takes a lock of LayerCake's on the repository's work tree, by its name,
// unless another process has it. It lets go of it when the process ends, however it
// does.
func (r *Repo) TryLock(ctx context.Context, name string) (release func(), taken bool, err error) {
	path, err := r.Path(ctx, name+".lock")
	if err != nil {
		return nil, false, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, fault.Failed("cannot_write", "cannot write into git's folder: %v", err).WithHint("ls -ld %q", path).Wrap(err)
	}
	taken, err = tryFlock(file)
	if err != nil || !taken {
		_ = file.Close() // nothing was written
		return nil, false, err
	}
	return func() { _ = file.Close() }, true, nil // which lets go of the lock
}
