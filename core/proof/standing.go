package proof

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/layercake-dev/layercake/core/git"
)

// Standing is where HEAD stands, and what differs from it.
type Standing struct {
	HeadInfo

	// Dirty are the paths as [Dirty] returns them.
	Dirty []string
}

// Stand returns what [Head] and [Dirty] return, as of one moment. In the usual
// case, in which nothing but excluded files differs, it asks git three questions
// at once in place of a dozen in a row.
func Stand(ctx context.Context, root string, opts TreeOptions) (Standing, error) {
	filter, err := newFilter(opts)
	if err != nil {
		return Standing{}, err
	}
	if st, ok := standClean(ctx, root, filter); ok {
		return st, nil
	}
	r, err := openRepo(ctx, root)
	if err != nil {
		return Standing{}, err
	}
	return r.stand(ctx, filter)
}

// standClean answers when git says that nothing differs, and when there is
// nothing about the repository because of which git would not look. Everything
// else, failures included, is for the thorough way.
func standClean(ctx context.Context, root string, f filter) (Standing, bool) {
	r := repo{git.At(root)}
	var where, index, status []byte
	questions := []struct {
		answer *[]byte
		args   []string
	}{
		{&where, []string{"rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--show-prefix"}},
		{&index, []string{"ls-files", "-v", "--stage", "-z"}},
		{&status, []string{
			"status", "--porcelain=v2", "--branch", "--no-ahead-behind", "-z", "--untracked-files=all", "--ignored=no", "--ignore-submodules=none",
			"--no-renames", "--", ".",
		}},
	}
	errs := make([]error, len(questions))
	var asked sync.WaitGroup
	for i, q := range questions {
		asked.Go(func() { *q.answer, errs[i] = r.Run(ctx, q.args...) })
	}
	asked.Wait()
	for _, err := range errs {
		if err != nil {
			return Standing{}, false
		}
	}
	prefix, inside := strings.CutPrefix(string(where), "false\ntrue\n")
	if !inside || !plainIndex(index) {
		return Standing{}, false
	}
	return parseStatus(status, strings.TrimSuffix(prefix, "\n"), f)
}

// plainIndex reports whether all files of an index are ordinary: nothing is to be
// taken as unchanged, left out, or in conflict, and there is no submodule, whose
// index would have to be looked at as well.
func plainIndex(listing []byte) bool {
	for record := range bytes.SplitSeq(bytes.TrimSuffix(listing, []byte{0}), []byte{0}) {
		// tag mode object stage, a tab, and the path
		if len(record) > 0 && (!bytes.HasPrefix(record, []byte("H ")) || bytes.HasPrefix(record, []byte("H "+gitlink))) {
			return false
		}
	}
	return true
}

// parseStatus reads what git says of a work tree. It accepts changes of excluded
// files only.
func parseStatus(status []byte, prefix string, f filter) (Standing, bool) {
	st := Standing{Dirty: []string{}}
	seen := false
	for record := range strings.SplitSeq(strings.TrimSuffix(string(status), "\x00"), "\x00") {
		switch {
		case record == "":
		case strings.HasPrefix(record, "# branch.oid "):
			st.Commit = strings.TrimPrefix(record, "# branch.oid ")
			seen = git.IsID(st.Commit) // and not "(initial)"
		case strings.HasPrefix(record, "# branch.head "):
			st.Branch = strings.TrimPrefix(record, "# branch.head ")
			if st.Branch == "(detached)" {
				st.Branch, st.Detached = "", true
			}
		case strings.HasPrefix(record, "# "):
		default:
			name, known := changedPath(record)
			name, below := strings.CutPrefix(name, prefix)
			if !known || !below || !matches(f.exclude, name) {
				return Standing{}, false
			}
		}
	}
	return st, seen
}

// changedPath returns the path that a line about a change is about, as long as
// it is a line that names one.
func changedPath(record string) (string, bool) {
	// "1 XY sub mH mI mW hH hI path" and "? path"
	const beforeChanged, beforeUntracked = 8, 1
	fields := beforeChanged
	switch record[0] {
	case '1':
	case '?':
		fields = beforeUntracked
	default:
		return "", false
	}
	for range fields {
		var ok bool
		if _, record, ok = strings.Cut(record, " "); !ok {
			return "", false
		}
	}
	return record, true
}
