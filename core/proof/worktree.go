package proof

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
	"github.com/layercake-dev/layercake/core/git"
)

// workListing lists the work tree by adding it to a copy of the index, with new
// objects going to a directory that is removed again.
func (r repo) workListing(ctx context.Context) (listing Listing, err error) {
	scratch, err := os.MkdirTemp("", "layercake-tree-*")
	if err != nil {
		return nil, fault.Failed(CodeGit, "cannot make a temporary directory").WithHint("df -h %s", os.TempDir()).Wrap(err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	env, err := r.scratchEnv(ctx, scratch)
	if err != nil {
		return nil, err
	}
	if err := r.distrustIndex(ctx, env); err != nil {
		return nil, err
	}
	if _, err := r.Do(ctx, git.Call{Env: env, Args: []string{"add", "--all", "--sparse", "--", "."}}); err != nil {
		return nil, err
	}
	out, err := r.Do(ctx, git.Call{Env: env, Args: []string{"ls-files", "--stage", "-z"}})
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for record := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if len(record) == 0 {
			continue
		}
		head, name, ok := strings.Cut(string(record), "\t")
		fields := strings.Fields(head) // mode object stage
		const want = 3
		if !ok || len(fields) != want {
			return nil, r.Unexpected("ls-files", record)
		}
		entry := Entry{Path: name, Mode: fields[0], Blob: fields[1]}
		if entry.Mode == gitlink {
			if entry.Blob, err = r.submodule(ctx, entry); err != nil {
				return nil, err
			}
		}
		entries = append(entries, entry)
	}
	return newListing(entries), nil
}

// scratchEnv copies the index and returns the variables that make git use the
// copy and keep its new objects beside it.
func (r repo) scratchEnv(ctx context.Context, scratch string) ([]string, error) {
	index, err := r.Path(ctx, "index")
	if err != nil {
		return nil, err
	}
	objects, err := r.Path(ctx, "objects")
	if err != nil {
		return nil, err
	}
	ownIndex, ownObjects := filepath.Join(scratch, "index"), filepath.Join(scratch, "objects")
	// With its time: by it git tells files that changed at the same moment.
	if err := copyFile(index, ownIndex); err != nil {
		return nil, fault.Failed(CodeGit, "cannot copy the index of %s", r.Root()).WithHint("git -C %q status", r.Root()).Wrap(err)
	}
	const dirMode = 0o700
	if err := os.Mkdir(ownObjects, dirMode); err != nil {
		return nil, fault.Failed(CodeGit, "cannot make a directory for objects").WithHint("df -h %s", os.TempDir()).Wrap(err)
	}
	// In this list a colon separates, unless the path is quoted.
	quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(objects) + `"`
	return []string{
		"GIT_INDEX_FILE=" + ownIndex,
		"GIT_OBJECT_DIRECTORY=" + ownObjects,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + quoted,
	}, nil
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

// distrustIndex clears, in the copied index, the marks by which files escape
// being looked at. Only in a sparse checkout may files be absent on purpose.
func (r repo) distrustIndex(ctx context.Context, env []string) error {
	out, err := r.Do(ctx, git.Call{Env: env, Args: []string{"ls-files", "-v", "-z"}})
	if err != nil {
		return err
	}
	sparse := false
	if bytes.HasPrefix(out, []byte("S ")) || bytes.Contains(out, []byte("\x00S ")) || bytes.Contains(out, []byte("\x00s ")) {
		value, err := r.Do(ctx, git.Call{Env: env, Args: []string{"config", "--type=bool", "--default=false", "--get", "core.sparseCheckout"}})
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
			_, err := os.Lstat(filepath.Join(r.Root(), filepath.FromSlash(string(name))))
			if err == nil || !sparse {
				skipped = append(append(skipped, name...), 0)
			}
		}
	}
	for flag, names := range map[string][]byte{"--no-assume-unchanged": assumed, "--no-skip-worktree": skipped} {
		if len(names) == 0 {
			continue
		}
		if _, err := r.Do(ctx, git.Call{Env: env, Input: names, Args: []string{"update-index", flag, "-z", "--stdin"}}); err != nil {
			return err
		}
	}
	return nil
}

// submodule returns the identity of a submodule: its commit, and if its files
// differ from that commit, their digest as well.
func (r repo) submodule(ctx context.Context, entry Entry) (string, error) {
	sub := repo{r.Sub(entry.Path)}
	_, err := os.Lstat(filepath.Join(sub.Root(), ".git"))
	if errors.Is(err, fs.ErrNotExist) {
		return entry.Blob, nil // not checked out
	}
	if err != nil {
		return "", fault.Failed(CodeGit, "cannot look at the submodule %s", entry.Path).
			WithHint("run `git submodule status -- %s`", entry.Path).Wrap(err)
	}
	committed, err := sub.commitListing(ctx, "HEAD")
	if err != nil {
		return "", err
	}
	files, err := sub.workListing(ctx)
	if err != nil {
		return "", err
	}
	if digest := files.Digest(); digest != committed.Digest() {
		return entry.Blob + "+" + digest, nil
	}
	return entry.Blob, nil
}
