package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// File is a file to be committed.
type File struct {
	// Path is relative to the root, with forward slashes.
	Path string
	// Content is what it holds in the work tree.
	Content []byte
}

// FileChange is a file that differs from HEAD.
type FileChange struct {
	Path string
	// Before is what HEAD has, as git keeps it; nil when it has no such file.
	Before []byte
	After  []byte
}

// CommitParams says what to commit.
type CommitParams struct {
	// Files are the only files that the commit changes.
	Files []File
	// Message makes the message from what changes; "" means that it is not worth
	// a commit.
	Message func(ctx context.Context, changes []FileChange) (string, error)
	// Environ is the environment ("NAME=value") of whoever commits.
	Environ []string
}

// Outcome says what came of it.
type Outcome struct {
	// Commit is the id of the new commit, "" when there is none.
	Commit string `json:"commit"`
	Branch string `json:"branch"`
	// Files are the paths that it changed.
	Files []string `json:"files"`
	// Skipped says why there is none although something changed.
	Skipped *Skip `json:"skipped"`
}

// CommitOnly commits some files on the current branch, as "git commit --only"
// does: everything else in the index, staged or not, and the work tree stay as
// they are, and the next commit reverts nothing. No hooks run. Where a person is
// in the middle of something, nothing is done, and the outcome says why.
//
// The files come into the index first, and then the branch moves. Should this
// process die in between, they are staged, and the next commit, anybody's, has
// them; in the other order it would take them back.
func CommitOnly(ctx context.Context, root string, p CommitParams) (*Outcome, error) {
	if s := insideGit(p.Environ); s != nil {
		return &Outcome{Skipped: s}, nil
	}
	r, err := OpenWith(ctx, root, p.Environ)
	if err != nil {
		if s := notRepo(err); s != nil {
			return &Outcome{Skipped: s}, nil
		}
		return nil, err
	}
	gitDir, err := r.line(ctx, "rev-parse", "--absolute-git-dir")
	if err != nil {
		return nil, err
	}
	release, err := (&Standing{gitDir: gitDir}).exclude(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	const attempts = 3 // while somebody else commits on the branch
	for i := 1; ; i++ {
		out, err := r.commitOnly(ctx, p, i == attempts)
		if !errors.Is(err, errMoved) {
			return out, err
		}
	}
}

// errMoved says that the branch is not where it was a moment ago.
var errMoved = errors.New("the branch moved")

// work is a commit in the making.
type work struct {
	r  *Repo
	st *Standing
	// head is the tree of HEAD, "" without a commit.
	head    string
	changes []change
}

// change is a file that the commit changes.
type change struct {
	FileChange

	// full is the path from the repository's top.
	full string
	// before is nil when HEAD has no such file; index is nil when the index has
	// none.
	before *blob
	index  *indexEntry
	after  blob
	// ours says that the index has what a process staged that ended early.
	ours bool
}

func (r *Repo) commitOnly(ctx context.Context, p CommitParams, last bool) (*Outcome, error) {
	st, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	out := &Outcome{Branch: st.Branch, Files: []string{}}
	w := &work{r: r, st: st}
	if out.Skipped = st.hold(); out.Skipped != nil && out.Skipped.Reason == SkipFormat {
		return out, nil // its objects cannot even be read here
	}
	objects, err := r.contents(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = objects.end() }() // it has answered all that it was asked
	if err := w.compare(ctx, objects, p.Files, out.Skipped == nil); err != nil {
		return nil, err
	}
	if len(w.changes) == 0 {
		out.Skipped = nil
		return out, nil
	}
	message, err := p.Message(ctx, w.list())
	if err != nil || message == "" {
		out.Skipped = nil
		return out, err
	}
	if out.Skipped == nil {
		out.Skipped, err = w.mind(ctx)
	}
	if err != nil || out.Skipped != nil {
		return out, err
	}
	commit, refused, err := w.build(ctx, objects, message)
	if err != nil || refused != nil {
		out.Skipped = refused
		return out, err
	}
	if out.Skipped, err = w.carryOut(ctx, commit, message, last); err != nil || out.Skipped != nil {
		return out, err
	}
	out.Commit = commit
	for _, c := range w.changes {
		out.Files = append(out.Files, c.Path)
	}
	return out, nil
}

// compare finds out which files differ from HEAD.
func (w *work) compare(ctx context.Context, objects *contents, files []File, write bool) error {
	if w.st.Commit != "" {
		var c object.Commit
		if err := objects.decode(w.st.Commit, plumbing.CommitObject, &c); err != nil {
			return err
		}
		w.head = c.TreeHash.String()
	}
	for _, f := range files {
		c := change{FileChange: FileChange{Path: f.Path, After: f.Content}, full: w.st.prefix + f.Path}
		c.after.mode = filemode.Regular
		if w.head != "" {
			if err := c.look(objects, w.head); err != nil {
				return err
			}
		}
		var err error
		if c.after.id, err = w.r.clean(ctx, f.Path, f.Content, write); err != nil {
			return err
		}
		if c.before == nil || c.before.id != c.after.id {
			w.changes = append(w.changes, c)
		}
	}
	return nil
}

// look finds what HEAD has at the file's path.
func (c *change) look(objects *contents, tree string) error {
	e, rest, found, err := objects.entry(tree, c.full)
	if err != nil || !found {
		return err
	}
	c.before = &blob{mode: e.Mode, id: e.Hash.String()}
	if rest != "" {
		c.before.mode = filemode.Empty // where a folder should be
	}
	if rest != "" || !e.Mode.IsRegular() && e.Mode != filemode.Executable && e.Mode != filemode.Deprecated {
		return nil // refused later
	}
	c.after.mode = e.Mode
	content, ok, err := objects.get(c.before.id, maxObject)
	if ok {
		c.Before = content
	}
	return err
}

func (w *work) list() []FileChange {
	list := make([]FileChange, 0, len(w.changes))
	for _, c := range w.changes {
		list = append(list, c.FileChange)
	}
	return list
}

// mind looks for what a person did with the very files that are to be committed.
func (w *work) mind(ctx context.Context) (*Skip, error) {
	paths := make([]string, 0, len(w.changes))
	for _, c := range w.changes {
		paths = append(paths, c.Path)
	}
	entries, unmerged, err := w.r.index(ctx, paths)
	if err != nil {
		return nil, err
	}
	if unmerged {
		return skip(SkipUnmerged, "git status", "there are conflicts that are not resolved"), nil
	}
	noted, err := w.st.noted()
	if err != nil {
		return nil, err
	}
	var added []string
	for i := range w.changes {
		c := &w.changes[i]
		if e, ok := entries[c.Path]; ok {
			c.index = &e
			c.ours = noted[e.id+" "+c.full]
		}
		if s := c.mind(); s != nil {
			return s, nil
		}
		if c.index == nil && c.before == nil {
			added = append(added, c.Path)
		}
	}
	return w.mindAdded(ctx, added)
}

// mind looks at one file.
func (c *change) mind() *Skip {
	switch {
	case c.before != nil && c.after.mode != c.before.mode:
		return skip(SkipNotRegular, "git ls-tree HEAD -- "+c.Path, "HEAD has something else than a file where %s is", c.Path)
	case c.index == nil && c.before == nil:
		return nil
	case c.index == nil:
		return skip(SkipStaged, "git status", "you staged the removal of %s", c.Path)
	case c.index.unwatched:
		return skip(SkipUnwatched, "git ls-files -v -- "+c.Path, "git was told not to look at %s (assume-unchanged, skip-worktree or a sparse checkout)", c.Path)
	case c.ours, c.index.blob == c.after, c.before != nil && c.index.blob == *c.before, c.before == nil && c.index.id == emptyBlob:
		return nil
	}
	return skip(SkipStaged, "git diff --cached -- "+c.Path, "you staged %s as it was before", c.Path)
}

// emptyBlob is what the index has for a file that is only meant to be added.
const emptyBlob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

// mindAdded looks at files that git does not know yet.
func (w *work) mindAdded(ctx context.Context, paths []string) (*Skip, error) {
	if len(paths) == 0 {
		return nil, nil //nolint:nilnil // nothing stands against it
	}
	if isTrue(w.st.config, "core.sparsecheckout") {
		return skip(SkipSparse, "git sparse-checkout list", "this is a sparse checkout, and git does not know %s yet", paths[0]), nil
	}
	out, err := w.r.Do(ctx, Call{Input: []byte(strings.Join(paths, "\x00") + "\x00"), Args: []string{"check-ignore", "-z", "--stdin"}})
	if err != nil && ExitCode(err) != 1 {
		return nil, err
	}
	ignored, _, found := bytes.Cut(out, []byte{0})
	if !found {
		return nil, nil //nolint:nilnil // nothing stands against it
	}
	return skip(SkipIgnored, fmt.Sprintf("git check-ignore -v -- %s", ignored), "git ignores %s", ignored), nil
}

// build makes the commit, which nothing names yet.
func (w *work) build(ctx context.Context, objects *contents, message string) (string, *Skip, error) {
	author, committer, err := w.r.identity(ctx)
	if isFailure(err) {
		return "", skip(SkipIdentity, `git config user.name "Your Name"`, "git does not know who you are: user.name and user.email are not set"), nil
	}
	if err != nil {
		return "", nil, err
	}
	files := map[string]blob{}
	for _, c := range w.changes {
		if slices.ContainsFunc(strings.Split(c.full, "/"), func(part string) bool { return part == "" || strings.EqualFold(part, ".git") }) {
			return "", nil, w.r.Unexpected("rev-parse", []byte(c.full))
		}
		files[c.full] = c.after
	}
	tree, err := w.r.grow(ctx, objects, w.head, files)
	if err != nil {
		return "", nil, err
	}
	c := &object.Commit{
		TreeHash: plumbing.NewHash(tree), ParentHashes: []plumbing.Hash{plumbing.NewHash(w.st.Commit)},
		Message: strings.TrimRight(message, "\n") + "\n",
	}
	c.Author.Decode([]byte(author))
	c.Committer.Decode([]byte(committer))
	if isTrue(w.st.config, "commit.gpgsign") {
		content, err := encode(c)
		if err != nil {
			return "", nil, err
		}
		signature, refused, err := w.r.sign(ctx, w.st.config, content, c.Committer)
		if err != nil || refused != nil {
			return "", refused, err
		}
		c.PGPSignature = signature
	}
	content, err := encode(c)
	if err != nil {
		return "", nil, err
	}
	id, err := w.r.store(ctx, plumbing.CommitObject, content)
	return id, nil, err
}

// parseMode reads a mode as git prints it.
func parseMode(text string) (filemode.FileMode, error) {
	mode, err := filemode.New(text)
	if err != nil {
		return 0, fmt.Errorf("read the mode of a file: %w", err)
	}
	return mode, nil
}
