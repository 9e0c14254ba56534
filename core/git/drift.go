package git

import (
	"context"
	"strconv"
	"strings"
)

// Drift is how far HEAD has gone from a commit, as far as certain files go.
type Drift struct {
	// Commits is how many commits since then touched them.
	Commits int `json:"commits"`
	// Diverged says that HEAD does not descend from the commit.
	Diverged bool `json:"diverged"`
	// Files are the first of those that differ, and Total is how many do.
	Files []PathChange `json:"files"`
	Total int          `json:"total"`
}

// DriftParams says what to compare with HEAD.
type DriftParams struct {
	// From is the full id of the commit.
	From string
	// Covers tells which paths below the root count.
	Covers func(path string) bool
	// Most bounds the files that are named.
	Most int
}

// Drift compares HEAD with an earlier commit. It returns nil when nothing that
// counts differs; what was changed and changed back is no drift.
func (r *Repo) Drift(ctx context.Context, p DriftParams) (*Drift, error) {
	out, err := r.Run(ctx, "diff-tree", "-r", "--raw", "-z", "--no-renames", "--relative", "--end-of-options", p.From, "HEAD")
	if err != nil {
		return nil, err
	}
	changes, err := parseRaw(out)
	if err != nil {
		return nil, err
	}
	d := &Drift{Files: []PathChange{}}
	var paths []string
	for _, c := range changes {
		if !p.Covers(c.path) {
			continue
		}
		d.Total++
		paths = append(paths, c.path)
		if len(d.Files) < p.Most {
			d.Files = append(d.Files, c.named())
		}
	}
	if d.Total == 0 {
		return nil, nil //nolint:nilnil // nothing drifted
	}
	if _, err := r.Run(ctx, "merge-base", "--is-ancestor", p.From, "HEAD"); ExitCode(err) == 1 {
		d.Diverged = true
	} else if err != nil {
		return nil, err
	}
	// By standard input, where the number of paths has no bound.
	input := "--\n" + strings.Join(paths, "\n") + "\n"
	out, err = r.Do(ctx, Call{
		Env: []string{"GIT_LITERAL_PATHSPECS=1"}, Input: []byte(input), Args: []string{"rev-list", "--count", "HEAD", "^" + p.From, "--stdin"},
	})
	if err != nil {
		return nil, err
	}
	d.Commits, err = strconv.Atoi(strings.TrimSpace(string(out)))
	return d, err
}

// named says in a word how a path changed.
func (c rawChange) named() PathChange {
	kind := map[string]string{"A": "added", "D": "removed"}[c.status]
	return PathChange{Path: c.path, Change: first(kind, "changed")}
}
