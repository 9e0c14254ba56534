package proof

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// repo is a git repository seen from a directory in its work tree.
type repo struct {
	root string
	env  []string
}

// gitIn is a repository that is known to be one.
func gitIn(root string) *repo { return &repo{root: root, env: gitEnv(os.Environ())} }

// openCommit is [openRepo] and [repo.commit] by one question to git, as long as
// both have good answers.
func openCommit(ctx context.Context, root, name string) (r *repo, id string, err error) {
	r = gitIn(root)
	out, err := r.git(ctx, nil, "rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--end-of-options", name+"^{commit}")
	if answer, ok := strings.CutPrefix(string(out), "false\ntrue\n"); err == nil && ok {
		if id := strings.TrimSuffix(answer, "\n"); isID(id) {
			return r, id, nil
		}
	}
	if r, err = openRepo(ctx, root); err != nil {
		return nil, "", err
	}
	id, err = r.commit(ctx, name)
	return r, id, err
}

// isID reports whether s has the form of a full object id.
func isID(s string) bool {
	const sha1, sha256 = 40, 64
	return (len(s) == sha1 || len(s) == sha256) && strings.Trim(s, "0123456789abcdef") == ""
}

// openRepo checks that root is a directory in the work tree of a repository.
func openRepo(ctx context.Context, root string) (*repo, error) {
	r := gitIn(root)
	info, err := os.Stat(root)
	if err != nil || !info.IsDir() {
		return nil, fault.NotFound(CodeBadDir, "there is no directory %q", root).WithHint("ls -ld %q", root).Wrap(err)
	}
	out, err := r.git(ctx, nil, "rev-parse", "--is-bare-repository", "--is-inside-work-tree")
	if err != nil {
		return nil, err
	}
	switch string(out) {
	case "false\ntrue\n":
		return r, nil
	case "true\nfalse\n":
		return nil, fault.Conflict(CodeBareRepo, "%s is a bare git repository: it has no files to look at", root).
			WithHint("git -C %q worktree list", root)
	default:
		return nil, fault.NotFound(CodeNotRepo, "%s is not in the work tree of a git repository", root).
			WithHint("git -C %q status", root)
	}
}

// gitEnv returns the environment for git: free of what ties it to another
// repository, without locks that could disturb the user's own git, and in the
// language that errors are recognised in.
func gitEnv(env []string) []string {
	clean := slices.DeleteFunc(childEnv(env), func(pair string) bool {
		return strings.HasPrefix(pair, "GIT_TRACE") || strings.HasPrefix(pair, "GIT_OPTIONAL_LOCKS=")
	})
	return append(clean, "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// gitSettings are settings that hold for every call: no programs of the
// repository's configuration run, nothing is written next to the index, and no
// file's change is overlooked because of settings that make git look less hard.
func gitSettings() []string {
	return []string{
		"-c", "core.hooksPath=" + os.DevNull,
		"-c", "core.fsmonitor=false",
		"-c", "core.untrackedCache=false",
		"-c", "core.splitIndex=false",
		"-c", "core.safecrlf=false",
		"-c", "core.trustctime=true",
		"-c", "core.checkStat=default",
		"-c", "core.looseCompression=0",
		"-c", "core.quotePath=false",
		"-c", "add.ignoreErrors=false",
		"-c", "diff.ignoreSubmodules=none",
		"-c", "advice.addEmbeddedRepo=false",
		"-c", "submodule.recurse=false",
	}
}

// git runs git in the root and returns its standard output. Extra variables
// come after the environment's.
func (r *repo) git(ctx context.Context, extra []string, args ...string) ([]byte, error) {
	return r.gitInput(ctx, extra, nil, args...)
}

func (r *repo) gitInput(ctx context.Context, extra []string, input []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append(gitSettings(), args...)...)
	cmd.Dir = r.root
	cmd.Env = append(slices.Clip(r.env), extra...)
	cmd.Stdin = bytes.NewReader(input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case err == nil:
		return stdout.Bytes(), nil
	case ctx.Err() != nil:
		return nil, fault.From(ctx.Err())
	case errors.Is(err, exec.ErrNotFound):
		return nil, fault.NotFound(CodeGitMissing, "git is not installed").WithHint("command -v git").Wrap(err)
	}
	said := strings.TrimSpace(stderr.String())
	if strings.Contains(said, "not a git repository") {
		return nil, fault.NotFound(CodeNotRepo, "%s is not in a git repository", r.root).
			WithHint("git init %q", r.root)
	}
	failure := fault.Failed(CodeGit, "git %s failed in %s: %s", args[0], r.root, said).
		WithHint("git -C %q status", r.root).Wrap(err)
	return nil, failure
}

// gitPath returns the path of something inside of the git directory.
func (r *repo) gitPath(ctx context.Context, name string) (string, error) {
	out, err := r.git(ctx, nil, "rev-parse", "--git-path", name)
	if err != nil {
		return "", err
	}
	path := strings.TrimSuffix(string(out), "\n")
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.root, path)
	}
	return path, nil
}

// commit returns the full id of a commit, or [CodeNoCommit].
func (r *repo) commit(ctx context.Context, name string) (string, error) {
	out, err := r.git(ctx, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if err == nil {
		return strings.TrimSpace(string(out)), nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && fault.CodeOf(err) == CodeGit {
		return "", fault.NotFound(CodeNoCommit, "there is no commit %q in %s", name, r.root).
			WithHint("git -C %q log --oneline -5", r.root)
	}
	return "", err
}
