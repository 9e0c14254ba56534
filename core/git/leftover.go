package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Lock is a file by which a git command keeps others from writing. One that was
// killed leaves it behind, and git does nothing more until somebody removes it.
type Lock struct {
	Path  string
	Since time.Time
}

// Hindrances are what keeps LayerCake's files from being committed in a repository
// until somebody does something about it.
type Hindrances struct {
	// Locks are held now, or were left behind: which, only who knows what runs on
	// the machine can say.
	Locks []Lock
	// CutShort says that a commit was begun and not ended: its files are staged, and
	// the next commit has them.
	CutShort bool
	// Format is how the repository names its objects when it is not by SHA-1.
	Format string
}

// Hindrances looks for them.
func (r *Repo) Hindrances(ctx context.Context) (*Hindrances, error) {
	st, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	h := &Hindrances{}
	if st.format != "sha1" {
		h.Format = st.format
	}
	noted, err := st.noted()
	if err != nil {
		return nil, err
	}
	h.CutShort = len(noted) > 0
	names := []string{"index.lock", "HEAD.lock", "packed-refs.lock", "config.lock", "shallow.lock", "reftable/tables.list.lock"}
	if st.Branch != "" {
		names = append(names, "refs/heads/"+st.Branch+".lock")
	}
	args := []string{"rev-parse"}
	for _, name := range names {
		args = append(args, "--git-path", name)
	}
	out, err := r.Run(ctx, args...)
	if err != nil {
		return nil, err
	}
	paths := r.absolute(out)
	own, err := r.ownLocks(ctx)
	if err != nil {
		return nil, err
	}
	for _, path := range append(paths, own...) {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		h.Locks = append(h.Locks, Lock{Path: path, Since: info.ModTime()})
	}
	return h, nil
}

// ownLocks lists the locks of the refs that LayerCake makes.
func (r *Repo) ownLocks(ctx context.Context) ([]string, error) {
	out, err := r.Run(ctx, "rev-parse", "--git-path", checkpointRefs, "--git-path", "refs/tags/layercake")
	if err != nil {
		return nil, err
	}
	var locks []string
	for _, dir := range r.absolute(out) {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), ".lock") {
				locks = append(locks, filepath.Join(dir, e.Name()))
			}
		}
	}
	return locks, nil
}

// absolute reads paths that git tells, one a line.
func (r *Repo) absolute(out []byte) []string {
	paths := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	for i, path := range paths {
		if !filepath.IsAbs(path) {
			paths[i] = filepath.Join(r.root, path)
		}
	}
	return paths
}
