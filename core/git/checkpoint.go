package git

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// The codes of the errors about checkpoints.
const (
	CodeNoCheckpoint = "checkpoint_not_found"
	CodeRestore      = "restore_refused"
	CodeNotKept      = "checkpoint_not_kept"
)

// Checkpoint is the work tree as it was at one moment: tracked files and untracked
// ones that are not ignored. It is a commit that no branch has, so that git keeps
// it and shows it to nobody.
type Checkpoint struct {
	// ID is its number, counted from 1.
	ID int `json:"id"`
	// Commit is the commit that holds the files, and Base the one that HEAD was
	// at, "" before the first.
	Commit string `json:"commit"`
	Base   string `json:"base"`
	// Branch is the branch that was checked out, "" when HEAD was detached.
	Branch string `json:"branch"`
	// At is when it was made, and Text what it was made for.
	At   time.Time `json:"at"`
	Text string    `json:"text"`
}

// checkpointRefs is where checkpoints are. Neither push nor fetch takes refs from
// there by themselves.
const checkpointRefs = "refs/layercake/checkpoints/"

// Checkpoint records the files below the root as they are. HEAD, the index and
// the files are not touched. The commit has the form of those that git stash
// makes: its second parent is the index.
func (r *Repo) Checkpoint(ctx context.Context, text string) (*Checkpoint, error) {
	st, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	release, err := st.exclude(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	return r.checkpoint(ctx, st, text, nil)
}

// checkpoint is [Repo.Checkpoint] under the lock. Files that git ignores are left
// out, but for those that are named.
func (r *Repo) checkpoint(ctx context.Context, st *Standing, text string, also []string) (*Checkpoint, error) {
	c := &Checkpoint{Base: st.Commit, Branch: st.Branch, Text: text}
	tree, index, err := r.snapshot(ctx, also)
	if err != nil {
		return nil, err
	}
	var parents []string
	if st.Commit != "" {
		parents = []string{st.Commit}
		if index != "" {
			id, err := r.commitTree(ctx, index, parents, "index on "+first(st.Branch, "no branch"))
			if err != nil {
				return nil, err
			}
			parents = append(parents, id)
		}
	}
	message := first(text, "Checkpoint") + "\n"
	if st.Branch != "" {
		message += "\nLayerCake-Branch: " + st.Branch + "\n"
	}
	if c.Commit, err = r.commitTree(ctx, tree, parents, message); err != nil {
		return nil, err
	}
	if err := r.number(ctx, c); err != nil {
		return nil, err
	}
	return r.FindCheckpoint(ctx, c.ID)
}

// snapshot writes the trees of the work tree and of the index. The index has none
// while something in it is in conflict.
func (r *Repo) snapshot(ctx context.Context, also []string) (tree, index string, err error) {
	files := r.keeping()
	scratch, err := files.NewScratch(ctx, false)
	if err != nil {
		return "", "", err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	out, err := files.Do(ctx, Call{Env: scratch.Env, Args: []string{"write-tree"}})
	if err != nil && !isFailure(err) {
		return "", "", err
	}
	index = strings.TrimSpace(string(out))
	if err := scratch.AddAll(ctx); err != nil {
		return "", "", err
	}
	if len(also) > 0 {
		input := []byte(strings.Join(also, "\x00") + "\x00")
		_, err := files.Do(ctx, Call{Env: scratch.Env, Input: input, Args: []string{"update-index", "--add", "-z", "--stdin"}})
		if err != nil {
			return "", "", err
		}
	}
	out, err = files.Do(ctx, Call{Env: scratch.Env, Args: []string{"write-tree"}})
	return strings.TrimSpace(string(out)), index, err
}

// keeping is the repository for objects that are kept: they are compressed.
func (r *Repo) keeping() *Repo {
	k := *r
	if i := slices.Index(k.settings, "core.looseCompression=0"); i > 0 {
		k.settings = slices.Delete(slices.Clone(k.settings), i-1, i+1) // with the -c before it
	}
	return &k
}

// commitTree makes a commit of a tree. As with git stash, it needs no name.
func (r *Repo) commitTree(ctx context.Context, tree string, parents []string, message string) (string, error) {
	call := Call{Input: []byte(message), Args: []string{"commit-tree", tree}}
	for _, p := range parents {
		call.Args = append(call.Args, "-p", p)
	}
	if _, _, err := r.identity(ctx); isFailure(err) {
		for _, who := range []string{"AUTHOR", "COMMITTER"} {
			call.Env = append(call.Env, "GIT_"+who+"_NAME=LayerCake", "GIT_"+who+"_EMAIL=layercake@localhost")
		}
	} else if err != nil {
		return "", err
	}
	out, err := r.Do(ctx, call)
	return strings.TrimSpace(string(out)), err
}

// countName is the file in git's folder that remembers the last number given, so
// that the number of a checkpoint that was dropped is not given again.
const countName = "layercake.checkpoints"

// number gives a checkpoint the next number.
func (r *Repo) number(ctx context.Context, c *Checkpoint) error {
	list, err := r.Checkpoints(ctx)
	if err != nil {
		return err
	}
	common, err := r.Path(ctx, "objects")
	if err != nil {
		return err
	}
	path := filepath.Join(filepath.Dir(common), countName)
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	last, _ := strconv.Atoi(strings.TrimSpace(string(content))) // without it, the refs say
	if len(list) > 0 {
		last = max(last, list[0].ID)
	}
	c.ID = last + 1
	ref := checkpointRefs + strconv.Itoa(c.ID)
	if _, err := r.writing().Run(ctx, "update-ref", "-m", "checkpoint", ref, c.Commit, strings.Repeat("0", len(c.Commit))); isFailure(err) {
		return fault.Conflict(CodeNotKept, "git did not keep checkpoint %d: %s", c.ID, saidOf(err)).WithHint("run `%s`", lockHint).Wrap(err)
	} else if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(strconv.Itoa(c.ID)+"\n"), 0o600)
}

// Checkpoints lists the checkpoints, newest first.
func (r *Repo) Checkpoints(ctx context.Context) ([]Checkpoint, error) {
	return r.listCheckpoints(ctx, checkpointRefs)
}

// FindCheckpoint returns one checkpoint.
func (r *Repo) FindCheckpoint(ctx context.Context, id int) (*Checkpoint, error) {
	list, err := r.listCheckpoints(ctx, checkpointRefs+strconv.Itoa(id))
	if err != nil {
		return nil, err
	}
	if len(list) != 1 {
		return nil, fault.NotFound(CodeNoCheckpoint, "there is no checkpoint %d", id).WithHint("run `layercake checkpoint list`")
	}
	return &list[0], nil
}

func (r *Repo) listCheckpoints(ctx context.Context, pattern string) ([]Checkpoint, error) {
	const format = "--format=%(refname:lstrip=3)%00%(objectname)%00%(parent)%00%(committerdate:unix)%00%(contents)%00"
	out, err := r.Run(ctx, "for-each-ref", format, pattern)
	if err != nil {
		return nil, err
	}
	list := []Checkpoint{}
	const fields = 5
	for parts := strings.Split(string(out), "\x00"); len(parts) > fields; parts = parts[fields:] {
		id, err1 := strconv.Atoi(strings.TrimSpace(parts[0]))
		at, err2 := strconv.ParseInt(parts[3], 10, 64)
		if err1 != nil || err2 != nil {
			continue // somebody else's ref
		}
		c := Checkpoint{ID: id, Commit: parts[1], At: time.Unix(at, 0).UTC(), Text: strings.TrimSpace(parts[4])}
		c.Base, _, _ = strings.Cut(parts[2], " ")
		if text, branch, ok := strings.Cut(c.Text, "\n\nLayerCake-Branch: "); ok {
			c.Text, c.Branch = text, branch
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Checkpoint) int { return b.ID - a.ID })
	return list, nil
}

// DropCheckpoint lets go of a checkpoint. Git removes its objects some weeks
// later.
func (r *Repo) DropCheckpoint(ctx context.Context, id int) (*Checkpoint, error) {
	c, err := r.FindCheckpoint(ctx, id)
	if err != nil {
		return nil, err
	}
	_, err = r.writing().Run(ctx, "update-ref", "-d", checkpointRefs+strconv.Itoa(id), c.Commit)
	return c, err
}
