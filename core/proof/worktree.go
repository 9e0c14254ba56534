package proof

import (
	"bytes"
	"context"
	"errors"
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
	scratch, err := r.NewScratch(ctx, true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	if err := scratch.AddAll(ctx); err != nil {
		return nil, err
	}
	out, err := r.Do(ctx, git.Call{Env: scratch.Env, Args: []string{"ls-files", "--stage", "-z"}})
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
