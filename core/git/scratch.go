package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Scratch is a copy of the index in a folder of its own, in which the work tree
// can be added without the person's index being touched.
type Scratch struct {
	// Env are the variables that make git use it.
	Env []string

	r   *Repo
	dir string
}

// NewScratch copies the index. With its own objects, nothing that is added comes
// into the repository.
func (r *Repo) NewScratch(ctx context.Context, ownObjects bool) (s *Scratch, err error) {
	dir, err := os.MkdirTemp("", "layercake-tree-*")
	if err != nil {
		return nil, fault.Failed(CodeFailed, "cannot make a temporary directory").WithHint("df -h %s", os.TempDir()).Wrap(err)
	}
	s = &Scratch{r: r, dir: dir}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	index, err := r.Path(ctx, "index")
	if err != nil {
		return nil, err
	}
	own := filepath.Join(dir, "index")
	// With its time: by it git tells files that changed at the same moment.
	if err := copyFile(index, own); err != nil {
		return nil, fault.Failed(CodeFailed, "cannot copy the index of %s", r.root).WithHint("git -C %q status", r.root).Wrap(err)
	}
	s.Env = []string{"GIT_INDEX_FILE=" + own}
	if !ownObjects {
		return s, nil
	}
	objects, err := r.Path(ctx, "objects")
	if err != nil {
		return nil, err
	}
	ownDir := filepath.Join(dir, "objects")
	const dirMode = 0o700
	if err := os.Mkdir(ownDir, dirMode); err != nil {
		return nil, fault.Failed(CodeFailed, "cannot make a directory for objects").WithHint("df -h %s", os.TempDir()).Wrap(err)
	}
	// In this list a colon separates, unless the path is quoted.
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(objects) + `"`
	s.Env = append(s.Env, "GIT_OBJECT_DIRECTORY="+ownDir, "GIT_ALTERNATE_OBJECT_DIRECTORIES="+quoted)
	return s, nil
}

// Close removes it.
func (s *Scratch) Close() error { return os.RemoveAll(s.dir) }

// AddAll adds the files below the root as they are in the work tree: tracked ones
// and untracked ones that are not ignored, also those that the index was told to
// take as unchanged.
func (s *Scratch) AddAll(ctx context.Context) error {
	if err := s.distrust(ctx); err != nil {
		return err
	}
	_, err := s.r.Do(ctx, Call{Env: s.Env, Args: []string{"add", "--all", "--sparse", "--", "."}})
	return err
}

// copyFile copies a file and its time. A missing one is left missing: a repository without
// commits has no index.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	const fileMode = 0o600
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	info, err := in.Stat()
	if err != nil {
		return fmt.Errorf("look at its time: %w", err)
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// distrust clears, in the copied index, the marks by which files escape being
// looked at. Only in a sparse checkout may files be absent on purpose.
func (s *Scratch) distrust(ctx context.Context) error {
	out, err := s.r.Do(ctx, Call{Env: s.Env, Args: []string{"ls-files", "-v", "-z"}})
	if err != nil {
		return err
	}
	sparse := false
	if bytes.HasPrefix(out, []byte("S ")) || bytes.Contains(out, []byte("\x00S ")) || bytes.Contains(out, []byte("\x00s ")) {
		value, err := s.r.Run(ctx, "config", "--type=bool", "--default=false", "--get", "core.sparseCheckout")
		if err != nil {
			return err
		}
		sparse = string(value) == "true\n"
	}
	var assumed, skipped []byte
	for record := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		const tagLen = 2 // a letter and a space
		if len(record) <= tagLen {
			continue
		}
		tag, name := record[0], record[tagLen:]
		if tag >= 'a' && tag <= 'z' {
			assumed = append(append(assumed, name...), 0)
		}
		if tag == 'S' || tag == 's' {
			_, err := os.Lstat(filepath.Join(s.r.root, filepath.FromSlash(string(name))))
			if err == nil || !sparse {
				skipped = append(append(skipped, name...), 0)
			}
		}
	}
	for flag, names := range map[string][]byte{"--no-assume-unchanged": assumed, "--no-skip-worktree": skipped} {
		if len(names) == 0 {
			continue
		}
		if _, err := s.r.Do(ctx, Call{Env: s.Env, Input: names, Args: []string{"update-index", flag, "-z", "--stdin"}}); err != nil {
			return err
		}
	}
	return nil
}
