package search

import (
	"context"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/search/walk"
)

// walker is the [Source] of package walk.
type walker struct{}

// Files is the [Source] that is used where no other is named.
func Files() Source { return walker{} }

// List lists the files that count, and those that do not with the reasons.
func (walker) List(ctx context.Context, root string) ([]Listed, []Skipped, error) {
	entries, left, err := walk.Tree(ctx, root, walk.Options{})
	if err != nil {
		return nil, nil, err
	}
	listed := make([]Listed, len(entries))
	for i := range entries {
		listed[i] = toListed(&entries[i])
	}
	skipped := make([]Skipped, 0, len(left))
	for _, s := range left {
		if s.Reason != walk.Missing {
			skipped = append(skipped, Skipped{Path: s.Path, Reason: string(s.Reason)})
		}
	}
	return listed, skipped, nil
}

// Read reads a file as it is now.
func (walker) Read(ctx context.Context, root string, f Listed) (Text, error) {
	read, skipped, err := walk.Read(ctx, root, walk.Entry{Path: f.Path, Size: f.Size, ModTime: time.Unix(0, f.Modified)})
	switch {
	case err != nil:
		return Text{}, err
	case skipped != nil:
		return Text{Listed: f, Skipped: string(skipped.Reason), Vanished: skipped.Reason == walk.Missing}, nil
	}
	return Text{Listed: toListed(&read.Entry), Bytes: read.Text, Hash: read.Hash[:]}, nil
}

func toListed(e *walk.Entry) Listed {
	return Listed{Path: e.Path, Size: e.Size, Modified: e.ModTime.UnixNano()}
}

// patterns are rules as in .gitignore, or nil when there are none.
func patterns(lines []string) gitignore.Matcher {
	var all []gitignore.Pattern
	for _, line := range lines {
		if line = strings.TrimRight(line, "\r "); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, gitignore.ParsePattern(line, nil))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return gitignore.NewMatcher(all)
}

// headCommit is what is checked out, or "".
func headCommit(ctx context.Context, root string) string {
	out, err := git.At(root).Run(ctx, "rev-parse", "--verify", "--quiet", "HEAD")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
