package proof

import (
	"bytes"
	"context"
	"path"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// TreeOptions say which part of a tree counts. Both lists hold paths relative to
// the project's root: "docs/STATUS.md" is that file, or that folder with all in
// it; "docs/" is the folder alone. There are no wildcards, because file names
// may contain their signs.
type TreeOptions struct {
	// Paths limits the tree. Empty means everything.
	Paths []string
	// Exclude leaves paths out, even if Paths names them.
	Exclude []string
}

// Covers returns a function that tells which paths count.
func (o TreeOptions) Covers() (func(path string) bool, error) {
	f, err := newFilter(o)
	return func(path string) bool {
		return (len(f.paths) == 0 || matches(f.paths, path)) && !matches(f.exclude, path)
	}, err
}

// Tree is the identity of a project's files at one moment.
type Tree struct {
	// Digest is that of Listing; see [Listing.Digest].
	Digest string `json:"digest"`
	// Files is how many files there are.
	Files int `json:"files"`
	// Listing is every file with its content's id.
	Listing Listing `json:"-"`
}

const gitlink = "160000"

// WorkTree returns the identity of the files below root as they are now: tracked
// ones and untracked ones that are not ignored. Neither the index nor the object
// database of the repository is written to. (Git may renew the modification time
// of objects that it finds to be there already.)
//
// A changed submodule counts with its changes. Files are looked at even if the
// index was told to assume that they are unchanged.
func WorkTree(ctx context.Context, root string, opts TreeOptions) (Tree, error) {
	filter, err := newFilter(opts)
	if err != nil {
		return Tree{}, err
	}
	r, err := openRepo(ctx, root)
	if err != nil {
		return Tree{}, err
	}
	listing, err := r.workListing(ctx)
	if err != nil {
		return Tree{}, err
	}
	return filter.tree(listing)
}

// CommitTree returns the identity of the files below root in a commit. It equals
// that of a work tree with the same content.
func CommitTree(ctx context.Context, root, commit string, opts TreeOptions) (Tree, error) {
	if _, err := newFilter(opts); err != nil {
		return Tree{}, err
	}
	c, err := new(Commits).Get(ctx, root, commit)
	if err != nil {
		return Tree{}, err
	}
	return c.Tree(opts)
}

func (r repo) commitListing(ctx context.Context, commit string) (Listing, error) {
	id, err := r.Commit(ctx, commit)
	if err != nil {
		return nil, err
	}
	return r.listCommit(ctx, id)
}

// listCommit lists the files below the root in a commit by its full id.
func (r repo) listCommit(ctx context.Context, id string) (Listing, error) {
	out, err := r.Run(ctx, "ls-tree", "-r", "-z", id)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for record := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if len(record) == 0 {
			continue
		}
		head, name, ok := strings.Cut(string(record), "\t")
		fields := strings.Fields(head) // mode type object
		const want = 3
		if !ok || len(fields) != want {
			return nil, r.Unexpected("ls-tree", record)
		}
		entries = append(entries, Entry{Path: name, Mode: fields[0], Blob: fields[2]})
	}
	return newListing(entries), nil
}

// filter is TreeOptions made ready.
type filter struct {
	paths, exclude []string
}

func newFilter(opts TreeOptions) (filter, error) {
	var f filter
	var err error
	if f.paths, err = cleanPaths(opts.Paths); err != nil {
		return f, err
	}
	f.exclude, err = cleanPaths(opts.Exclude)
	return f, err
}

// cleanPaths brings paths to the form that matches compares with: "" for the
// root itself, a trailing slash for a folder.
func cleanPaths(list []string) ([]string, error) {
	cleaned := make([]string, 0, len(list))
	for _, p := range list {
		c := path.Clean(p)
		if p == "" || path.IsAbs(p) || c == ".." || strings.HasPrefix(c, "../") || strings.Contains(p, "\x00") {
			return nil, fault.Usage(CodeBadPath, "%q is not a path inside of the project", p).
				WithHint("run `layercake trust --dry-run` to see the paths that the workflow names")
		}
		switch {
		case c == ".":
			c = ""
		case strings.HasSuffix(p, "/"):
			c += "/"
		}
		cleaned = append(cleaned, c)
	}
	return cleaned, nil
}

func matches(list []string, name string) bool {
	for _, p := range list {
		switch {
		case p == "" || p == name:
			return true
		case strings.HasSuffix(p, "/"):
			if strings.HasPrefix(name, p) {
				return true
			}
		case len(name) > len(p) && name[len(p)] == '/' && strings.HasPrefix(name, p):
			return true
		}
	}
	return false
}

// tree keeps what the filter lets through. Paths that match no file at all are
// an error: a proof about nothing would hold for ever.
func (f filter) tree(listing Listing) (Tree, error) {
	kept := make(Listing, 0, len(listing))
	for _, e := range listing {
		if (len(f.paths) == 0 || matches(f.paths, e.Path)) && !matches(f.exclude, e.Path) {
			kept = append(kept, e)
		}
	}
	if len(f.paths) > 0 && len(kept) == 0 {
		return Tree{}, fault.NotFound(CodeNoFiles, "no file matches the paths %q", f.paths).WithHint("git ls-files")
	}
	return Tree{Digest: kept.Digest(), Files: len(kept), Listing: kept}, nil
}
