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
	for path := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n"), "\n") {
		if !filepath.IsAbs(path) {
			path = filepath.Join(r.root, path)
		}
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
