package proof

import (
	"context"
	"errors"
	"os/exec"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// HeadInfo says where a repository's HEAD stands.
type HeadInfo struct {
	// Commit is the full id, or "" when there is no commit yet.
	Commit string `json:"commit"`
	// Branch is the branch's short name, or "" when detached.
	Branch string `json:"branch,omitempty"`
	// Detached says that HEAD is not on a branch.
	Detached bool `json:"detached,omitempty"`
}

// Head returns where HEAD of the repository around root stands.
func Head(ctx context.Context, root string) (HeadInfo, error) {
	r, err := openRepo(ctx, root)
	if err != nil {
		return HeadInfo{}, err
	}
	return r.head(ctx)
}

func (r repo) head(ctx context.Context) (HeadInfo, error) {
	var info HeadInfo
	out, err := r.Run(ctx, "symbolic-ref", "--quiet", "HEAD")
	var exit *exec.ExitError
	switch {
	case err == nil:
		info.Branch = strings.TrimPrefix(strings.TrimSpace(string(out)), "refs/heads/")
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		info.Detached = true
	default:
		return HeadInfo{}, err
	}
	info.Commit, err = r.Commit(ctx, "HEAD")
	if fault.CodeOf(err) == CodeNoCommit && !info.Detached {
		return info, nil
	}
	return info, err
}

// Dirty returns the paths below root whose content differs between HEAD and the
// work tree, untracked files included, sorted. Without any commit that is every
// file.
func Dirty(ctx context.Context, root string, opts TreeOptions) ([]string, error) {
	filter, err := newFilter(opts)
	if err != nil {
		return nil, err
	}
	r, err := openRepo(ctx, root)
	if err != nil {
		return nil, err
	}
	st, err := r.stand(ctx, filter)
	return st.Dirty, err
}

// stand compares HEAD with the work tree, file by file.
func (r repo) stand(ctx context.Context, f filter) (Standing, error) {
	var st Standing
	var err error
	if st.HeadInfo, err = r.head(ctx); err != nil {
		return st, err
	}
	var committed Listing
	if st.Commit != "" {
		if committed, err = r.listCommit(ctx, st.Commit); err != nil {
			return st, err
		}
	}
	files, err := r.workListing(ctx)
	if err != nil {
		return st, err
	}
	st.Dirty = paths(f.changes(committed.Diff(files)))
	return st, nil
}

func (f filter) changes(all []Change) []Change {
	var kept []Change
	for _, c := range all {
		if (len(f.paths) == 0 || matches(f.paths, c.Path)) && !matches(f.exclude, c.Path) {
			kept = append(kept, c)
		}
	}
	return kept
}

// DriftInfo says how far HEAD has gone from a commit.
type DriftInfo struct {
	// Commits is how many commits since then touched the project's directory.
	Commits int `json:"commits"`
	// Diverged says that HEAD does not descend from the commit.
	Diverged bool `json:"diverged,omitempty"`
	// Changes are the paths whose content differs between both.
	Changes []Change `json:"changes,omitempty"`
}

// Drift compares HEAD with an earlier commit.
func Drift(ctx context.Context, root, fromCommit string, opts TreeOptions) (DriftInfo, error) {
	filter, err := newFilter(opts)
	if err != nil {
		return DriftInfo{}, err
	}
	r, err := openRepo(ctx, root)
	if err != nil {
		return DriftInfo{}, err
	}
	from, err := r.Commit(ctx, fromCommit)
	if err != nil {
		return DriftInfo{}, err
	}
	head, err := r.Commit(ctx, "HEAD")
	if err != nil {
		return DriftInfo{}, err
	}
	var info DriftInfo
	_, err = r.Run(ctx, "merge-base", "--is-ancestor", from, head)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == 1:
		info.Diverged = true
	case err != nil:
		return DriftInfo{}, err
	}
	out, err := r.Run(ctx, "rev-list", "--count", from+".."+head, "--", ".")
	if err != nil {
		return DriftInfo{}, err
	}
	if info.Commits, err = strconv.Atoi(strings.TrimSpace(string(out))); err != nil {
		return DriftInfo{}, r.Unexpected("rev-list", out)
	}
	before, err := r.commitListing(ctx, from)
	if err != nil {
		return DriftInfo{}, err
	}
	after, err := r.commitListing(ctx, head)
	if err != nil {
		return DriftInfo{}, err
	}
	info.Changes = filter.changes(before.Diff(after))
	return info, nil
}
