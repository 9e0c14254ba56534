package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Effect is what a restore does to a file.
type Effect string

// The effects.
const (
	// EffectBack: it is not there, and comes back.
	EffectBack Effect = "back"
	// EffectChanged: it gets the content or the mode that it had.
	EffectChanged Effect = "changed"
	// EffectExtra: it was not there then. It is removed only if that is asked for.
	EffectExtra Effect = "extra"
	// EffectSubmodule: it is a submodule, which is left alone.
	EffectSubmodule Effect = "submodule"
)

// FileEffect is what a restore does to one file.
type FileEffect struct {
	Path   string `json:"path"`
	Effect Effect `json:"effect"`
}

// Restored says what a restore did, or would do.
type Restored struct {
	// Checkpoint is what was brought back.
	Checkpoint *Checkpoint `json:"checkpoint"`
	// Before is the checkpoint that was made of the files as they were; nil after
	// a dry run, and when nothing differs.
	Before *Checkpoint  `json:"before"`
	Files  []FileEffect `json:"files"`
	// Removed says that the extra files were removed as well.
	Removed bool `json:"removed"`
	DryRun  bool `json:"dry_run"`

	// ignored are the files that git ignores and that get another content: the
	// checkpoint has to have them as well.
	ignored []string
}

// RestoreParams says what to restore.
type RestoreParams struct {
	ID int
	// Remove removes files that were not there then.
	Remove bool
	// DryRun says what would be done.
	DryRun bool
}

// Restore brings the files below the root back to what they were at a checkpoint.
// A checkpoint of what they are now is made first, so that nothing is lost. HEAD,
// the branch and the index stay as they are. It is refused while something is
// under way in the work tree.
func (r *Repo) Restore(ctx context.Context, p RestoreParams) (*Restored, error) {
	st, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	if st.Operation != Idle {
		return nil, fault.Conflict(CodeRestore, "a %s is under way in %s", st.Operation, r.root).
			WithHint("run `git status`: end it, or let go of it, and restore then")
	}
	target, err := r.FindCheckpoint(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	release, err := st.exclude(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	out := &Restored{Checkpoint: target, DryRun: p.DryRun, Removed: p.Remove, Files: []FileEffect{}}
	if err := r.foretell(ctx, out); err != nil || p.DryRun || len(out.Files) == 0 {
		return out, err
	}
	if err := r.obstacles(out, p.Remove); err != nil {
		return nil, err
	}
	out.Before, err = r.checkpoint(ctx, st, fmt.Sprintf("Before checkpoint %d was restored", p.ID), out.ignored)
	if err != nil {
		return nil, err
	}
	if err := r.bringBack(context.WithoutCancel(ctx), out); err != nil {
		return nil, fault.Failed(CodeRestore, "checkpoint %d was restored in part only; what was there before is checkpoint %d", p.ID, out.Before.ID).
			WithHint("run `layercake checkpoint show %d`", out.Before.ID).Wrap(err)
	}
	return out, nil
}

// foretell finds out what differs. A dry run adds nothing to the repository;
// otherwise the objects are kept for the checkpoint that follows.
func (r *Repo) foretell(ctx context.Context, out *Restored) (err error) {
	scratch, err := r.keeping().NewScratch(ctx, out.DryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	if err := scratch.AddAll(ctx); err != nil {
		return err
	}
	args := []string{"diff-index", "--cached", "-R", "--raw", "-z", "--no-renames", "--relative", out.Checkpoint.Commit}
	answer, err := r.Do(ctx, Call{Env: scratch.Env, Args: args})
	if err != nil {
		return err
	}
	changes, err := parseRaw(answer)
	if err != nil {
		return err
	}
	skipped, err := r.absent(ctx)
	if err != nil {
		return err
	}
	for _, c := range changes {
		effect := map[string]Effect{"A": EffectBack, "D": EffectExtra}[c.status]
		switch {
		case skipped[c.path]:
			continue // outside of a sparse checkout
		case c.before == gitlinkMode || c.after == gitlinkMode:
			effect = EffectSubmodule
		case effect == "":
			effect = EffectChanged
		case effect == EffectBack && exists(r.path(c.path)):
			effect = EffectChanged // git ignores what is there now
			if info, err := os.Lstat(r.path(c.path)); err == nil && !info.IsDir() {
				out.ignored = append(out.ignored, c.path)
			}
		}
		out.Files = append(out.Files, FileEffect{Path: c.path, Effect: effect})
	}
	return nil
}

const gitlinkMode = "160000"

// rawChange is a line of git diff --raw.
type rawChange struct{ before, after, id, status, path string }

func parseRaw(answer []byte) ([]rawChange, error) {
	var changes []rawChange
	records := bytes.Split(bytes.TrimSuffix(answer, []byte{0}), []byte{0})
	for i := 0; i+1 < len(records); i += 2 {
		fields := strings.Fields(strings.TrimPrefix(string(records[i]), ":")) // modes, ids, status
		const want = 5
		if len(fields) != want {
			return nil, fault.Failed(CodeFailed, "git said something unexpected of a change: %.80q", records[i]).WithHint("git status")
		}
		changes = append(changes, rawChange{before: fields[0], after: fields[1], id: fields[3], status: fields[4], path: string(records[i+1])})
	}
	return changes, nil
}

func (r *Repo) path(rel string) string { return filepath.Join(r.root, filepath.FromSlash(rel)) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// absent lists the files that a sparse checkout leaves out.
func (r *Repo) absent(ctx context.Context) (map[string]bool, error) {
	out, err := r.Run(ctx, "ls-files", "-t", "-z")
	if err != nil {
		return nil, err
	}
	absent := map[string]bool{}
	for record := range strings.SplitSeq(string(out), "\x00") {
		if path, ok := strings.CutPrefix(record, "S "); ok && !exists(r.path(path)) {
			absent[path] = true
		}
	}
	return absent, nil
}

// obstacles refuses what could not be brought back without removing something
// else: a file where a folder is now, or in a folder that is a file or a link now.
func (r *Repo) obstacles(out *Restored, remove bool) error {
	extra := map[string]bool{}
	for _, f := range out.Files {
		extra[f.Path] = remove && f.Effect == EffectExtra
	}
	refused := func(path, what string) error {
		return fault.Conflict(CodeRestore, "%s cannot be brought back: %s is in its place", path, what).
			WithHint("run `layercake restore %d --remove --dry-run` to see what would be removed", out.Checkpoint.ID)
	}
	for _, f := range out.Files {
		if f.Effect != EffectBack && f.Effect != EffectChanged {
			continue
		}
		for dir := parent(f.Path); dir != ""; dir = parent(dir) {
			if info, err := os.Lstat(r.path(dir)); err == nil && !info.IsDir() && !extra[dir] {
				return refused(f.Path, dir)
			}
		}
		info, err := os.Lstat(r.path(f.Path))
		if err != nil || !info.IsDir() {
			continue
		}
		err = filepath.WalkDir(r.path(f.Path), func(path string, e fs.DirEntry, err error) error {
			rel, relErr := filepath.Rel(r.root, path)
			if err := errors.Join(err, relErr); err != nil {
				return err
			}
			if !e.IsDir() && !extra[filepath.ToSlash(rel)] {
				return refused(f.Path, filepath.ToSlash(rel))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parent is the folder of a path, "" at the root.
func parent(path string) string {
	dir, _ := filepath.Split(filepath.FromSlash(path))
	return strings.TrimSuffix(filepath.ToSlash(dir), "/")
}

// bringBack writes the files, with the line ends and filters of the work tree.
func (r *Repo) bringBack(ctx context.Context, out *Restored) (err error) {
	var write []string
	for _, f := range out.Files {
		switch {
		case f.Effect == EffectBack, f.Effect == EffectChanged:
			write = append(write, f.Path)
		case f.Effect == EffectExtra && out.Removed:
			if err := os.Remove(r.path(f.Path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			r.prune(parent(f.Path))
		}
	}
	if len(write) == 0 {
		return nil
	}
	scratch, err := os.MkdirTemp("", "layercake-tree-*")
	if err != nil {
		return fmt.Errorf("make a temporary directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(scratch, "index")}
	if _, err := r.Do(ctx, Call{Env: env, Args: []string{"-c", "core.sparseCheckout=false", "read-tree", out.Checkpoint.Commit}}); err != nil {
		return err
	}
	for batch := range slices.Chunk(write, restoreBatch) {
		input := []byte(strings.Join(batch, "\x00") + "\x00")
		if _, err := r.Do(ctx, Call{Env: env, Input: input, Args: []string{"checkout-index", "--force", "-z", "--stdin"}}); err != nil {
			return err
		}
	}
	return nil
}

// restoreBatch is how many files git is told to write at once.
const restoreBatch = 10_000

// prune removes folders that have become empty, up to the root.
func (r *Repo) prune(dir string) {
	for ; dir != ""; dir = parent(dir) {
		if err := os.Remove(r.path(dir)); err != nil {
			return // it is not empty
		}
	}
}

// CheckpointChanges lists how the files of a checkpoint differ from the commit that
// HEAD was at, or without one from nothing.
func (r *Repo) CheckpointChanges(ctx context.Context, c *Checkpoint) ([]PathChange, error) {
	base := c.Base
	if base == "" {
		out, err := r.Do(ctx, Call{Args: []string{"hash-object", "-t", "tree", "--stdin"}})
		if err != nil {
			return nil, err
		}
		base = strings.TrimSpace(string(out))
	}
	out, err := r.Run(ctx, "diff-tree", "-r", "--raw", "-z", "--no-renames", "--relative", base, c.Commit)
	if err != nil {
		return nil, err
	}
	changes, err := parseRaw(out)
	if err != nil {
		return nil, err
	}
	list := make([]PathChange, 0, len(changes))
	for _, ch := range changes {
		list = append(list, ch.named())
	}
	return list, nil
}

// PathChange is how one path differs.
type PathChange struct {
	Path string `json:"path"`
	// Change is added, changed or removed.
	Change string `json:"change"`
}
