package git

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// writing is the repository as it is written to: by the user's own settings, but
// for hooks.
func (r *Repo) writing() *Repo {
	w := *r
	w.settings = []string{
		"-c", "core.hooksPath=" + os.DevNull,
		"-c", "core.quotePath=false",
		"-c", "core.safecrlf=false",
	}
	return &w
}

// carryOut puts the files into the index and moves the branch.
func (w *work) carryOut(ctx context.Context, commit, message string, last bool) (*Skip, error) {
	// What was begun is ended, or taken back: no half of it is left behind.
	ctx = context.WithoutCancel(ctx)
	if err := w.note(); err != nil {
		return nil, err
	}
	if s, err := w.stage(ctx); err != nil || s != nil {
		return s, err // what is noted stays noted, in case that something was staged
	}
	subject, _, _ := strings.Cut(message, "\n")
	_, err := w.r.writing().Run(ctx, "update-ref", "-m", "commit: "+subject, "HEAD", commit, w.st.Commit)
	if err == nil {
		return nil, w.st.forget()
	}
	if !isFailure(err) {
		return nil, err
	}
	now, lookErr := w.r.stand(ctx)
	if lookErr != nil {
		return nil, lookErr
	}
	moved := now.Commit != w.st.Commit
	if moved && !last {
		return nil, errMoved // and try on top of what is there now
	}
	if refused, err := w.unstage(ctx, now); err != nil || refused != nil {
		return refused, err
	}
	if moved {
		return skip(SkipMoved, "git log -3", "somebody else commits on %s", w.st.Branch), nil
	}
	return skip(SkipLocked, lockHint, "git could not move %s: %s", w.st.Branch, saidOf(err)), nil
}

// lockHint leads to what tells since when git's locks are there.
const lockHint = "layercake doctor"

// lockedIndex is the reason when another git writes the index.
func (st *Standing) lockedIndex() *Skip {
	return skip(SkipLocked, lockHint, "another git command holds %s/index.lock, or left it behind when it was killed", st.gitDir)
}

// stage puts the files into the index.
func (w *work) stage(ctx context.Context) (*Skip, error) {
	var paths, entries strings.Builder
	names := make([]string, 0, len(w.changes))
	for _, c := range w.changes {
		paths.WriteString(c.Path + "\x00")
		names = append(names, c.Path)
	}
	git := w.r.writing()
	// From the work tree, so that the index knows the files' times.
	_, err := git.Do(ctx, Call{Input: []byte(paths.String()), Args: []string{"update-index", "--add", "-z", "--stdin"}})
	if indexLocked(err) {
		return w.st.lockedIndex(), nil
	}
	if err != nil {
		return nil, err
	}
	staged, _, err := w.r.index(ctx, names)
	if err != nil {
		return nil, err
	}
	for _, c := range w.changes {
		if e := staged[c.Path]; e.blob != c.after { // it changed since it was read
			fmt.Fprintf(&entries, "%o %s\t%s\x00", uint32(c.after.mode), c.after.id, c.full)
		}
	}
	if entries.Len() == 0 {
		return nil, nil //nolint:nilnil // nothing stands against it
	}
	_, err = git.Do(ctx, Call{Input: []byte(entries.String()), Args: []string{"update-index", "-z", "--index-info"}})
	if indexLocked(err) {
		return w.st.lockedIndex(), nil
	}
	return nil, err
}

// unstage makes the index say of the files what HEAD says now, unless somebody
// else staged them meanwhile.
func (w *work) unstage(ctx context.Context, now *Standing) (*Skip, error) {
	var entries strings.Builder
	for _, c := range w.changes {
		staged, _, err := w.r.index(ctx, []string{c.Path})
		if err != nil {
			return nil, err
		}
		if staged[c.Path].blob != c.after {
			continue
		}
		out, err := w.r.Do(ctx, Call{
			Env: []string{"GIT_LITERAL_PATHSPECS=1"}, Args: []string{"ls-tree", "-z", "--full-name", now.Commit, "--", c.Path},
		})
		if err != nil {
			return nil, err
		}
		head, _, known := strings.Cut(string(out), "\t")
		fields := strings.Fields(head) // mode type object
		const want = 3
		switch {
		case !known:
			fmt.Fprintf(&entries, "0 %040d\t%s\x00", 0, c.full)
		case len(fields) == want:
			fmt.Fprintf(&entries, "%s %s\t%s\x00", fields[0], fields[2], c.full)
		}
	}
	_, err := w.r.writing().Do(ctx, Call{Input: []byte(entries.String()), Args: []string{"update-index", "-z", "--index-info"}})
	if indexLocked(err) {
		return w.st.lockedIndex(), nil
	}
	if err != nil {
		return nil, err
	}
	return nil, w.st.forget()
}
