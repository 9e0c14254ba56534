package git

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/layercake-dev/layercake/core/fault"
)

// Standing is where a work tree stands.
type Standing struct {
	// Commit is HEAD's full id, or "" when there is no commit yet.
	Commit string `json:"commit"`
	// Branch is the branch's short name, or "" when detached.
	Branch string `json:"branch"`
	// Operation is what is under way.
	Operation Operation `json:"operation"`

	// gitDir is this work tree's own folder of git.
	gitDir string
	// prefix is where the root is in the repository: "" or a path with a slash
	// at its end.
	prefix string
	// super is the work tree of the repository that this one is a submodule of.
	super  string
	format string
	config map[string]string
}

// stand asks git all of that at once.
func (r *Repo) stand(ctx context.Context) (*Standing, error) {
	st := &Standing{config: map[string]string{}}
	questions := [][]string{
		{"rev-parse", "--absolute-git-dir", "--show-object-format", "--show-prefix", "--show-superproject-working-tree"},
		{"symbolic-ref", "--quiet", "HEAD"},
		{"rev-parse", "--verify", "--quiet", "HEAD^{commit}"},
		{"config", "-z", "--get-regexp", `^(core\.sparsecheckout|commit\.gpgsign|tag\.gpgsign|gpg\..*|user\.signingkey)$`},
	}
	answers, errs := make([][]byte, len(questions)), make([]error, len(questions))
	var asked sync.WaitGroup
	for i, args := range questions {
		asked.Go(func() { answers[i], errs[i] = r.Run(ctx, args...) })
	}
	asked.Wait()
	facts, branch, commit, config := answers[0], answers[1], answers[2], answers[3]
	if errs[0] != nil {
		return nil, errs[0]
	}
	lines := strings.Split(string(facts), "\n")
	const want = 3
	if len(lines) < want {
		return nil, r.Unexpected("rev-parse", facts)
	}
	st.gitDir, st.format, st.prefix = lines[0], lines[1], lines[2]
	if len(lines) > want {
		st.super = lines[3]
	}
	for _, err := range errs[1:] {
		// Exit code 1 says no: no branch, no commit, no such setting.
		if err != nil && ExitCode(err) != 1 {
			return nil, err
		}
	}
	st.Branch = strings.TrimPrefix(strings.TrimSpace(string(branch)), "refs/heads/")
	st.Commit = strings.TrimSpace(string(commit))
	for pair := range strings.SplitSeq(string(config), "\x00") {
		key, value, _ := strings.Cut(pair, "\n")
		st.config[key] = value
	}
	var err error
	st.Operation, err = inProgress(st.gitDir)
	return st, err
}

// Stand tells where the work tree around a folder stands.
func Stand(ctx context.Context, root string) (*Standing, error) {
	r, err := Open(ctx, root)
	if err != nil {
		return nil, err
	}
	return r.stand(ctx)
}

// isTrue reads a switch of git's configuration, in which a key alone means yes.
func isTrue(config map[string]string, key string) bool {
	value, set := config[key]
	return set && slices.Contains([]string{"", "true", "yes", "on", "1"}, strings.ToLower(value))
}

// indexEntry is what the index says of a file.
type indexEntry struct {
	blob

	// stage is 0, but in a conflict.
	stage string
	// unwatched says that git was told not to look at the file: it is assumed
	// unchanged, or outside of a sparse checkout.
	unwatched bool
}

// index lists what the index says of some files, and tells whether anything in
// it is in conflict.
func (r *Repo) index(ctx context.Context, paths []string) (entries map[string]indexEntry, unmerged bool, err error) {
	out, err := r.Do(ctx, Call{
		Env: []string{"GIT_LITERAL_PATHSPECS=1"}, Args: append([]string{"ls-files", "-v", "--stage", "-z", "--"}, paths...),
	})
	if err != nil {
		return nil, false, err
	}
	entries = map[string]indexEntry{}
	for record := range bytes.SplitSeq(bytes.TrimSuffix(out, []byte{0}), []byte{0}) {
		if len(record) == 0 {
			continue
		}
		head, name, ok := strings.Cut(string(record), "\t")
		fields := strings.Fields(head) // tag mode object stage
		const want = 4
		if !ok || len(fields) != want {
			return nil, false, r.Unexpected("ls-files", record)
		}
		mode, err := parseMode(fields[1])
		if err != nil {
			return nil, false, err
		}
		tag := fields[0]
		entries[name] = indexEntry{
			blob: blob{mode: mode, id: fields[2]}, stage: fields[3], unwatched: tag == "S" || strings.ToLower(tag) == tag && tag != "?",
		}
	}
	out, err = r.Run(ctx, "ls-files", "--unmerged", "-z", "--", ":(top)")
	return entries, len(out) > 0, err
}

// locked reports whether another git writes the index, or died while doing so.
func (st *Standing) locked() bool {
	_, err := os.Lstat(filepath.Join(st.gitDir, "index.lock"))
	return err == nil
}

// identity returns who commits, as configured; git would make up a name from the
// account otherwise.
func (r *Repo) identity(ctx context.Context) (author, committer string, err error) {
	if author, err = r.line(ctx, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT"); err != nil {
		return "", "", err
	}
	committer, err = r.line(ctx, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
	return author, committer, err
}

// isFailure reports whether git itself said no.
func isFailure(err error) bool { return fault.CodeOf(err) == CodeFailed }
