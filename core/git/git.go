// Package git is what LayerCake knows about git repositories: where one stands,
// what is under way in it, what its history holds, and how to add to it without
// disturbing the people who work in it.
//
// Refs and the index are written by the git program, under git's own locks.
package git

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

// The codes of this package's errors.
const (
	CodeMissing  = "git_missing"
	CodeNotRepo  = "not_a_git_repository"
	CodeBare     = "git_repository_bare"
	CodeFailed   = "git_failed"
	CodeNoCommit = "git_commit_not_found"
	CodeBadDir   = "proof_dir_not_found" // older than this package, and codes never change
)

// Repo is a git repository seen from a folder in its work tree.
type Repo struct {
	root     string
	env      []string
	settings []string
}

// At is the repository around a folder that is known to be in one. Git gets the
// environment of this process.
func At(root string) *Repo { return AtWith(root, os.Environ()) }

// AtWith is [At] with another environment ("NAME=value").
func AtWith(root string, env []string) *Repo {
	return &Repo{root: root, env: quiet(env), settings: readSettings()}
}

// Open checks that root is a folder in the work tree of a repository.
func Open(ctx context.Context, root string) (*Repo, error) {
	return OpenWith(ctx, root, os.Environ())
}

// OpenWith is [Open] with another environment ("NAME=value").
func OpenWith(ctx context.Context, root string, env []string) (*Repo, error) {
	r := AtWith(root, env)
	info, err := os.Stat(root)
	if err != nil || !info.IsDir() {
		return nil, fault.NotFound(CodeBadDir, "there is no directory %q", root).WithHint("ls -ld %q", root).Wrap(err)
	}
	out, err := r.Run(ctx, "rev-parse", "--is-bare-repository", "--is-inside-work-tree")
	if err != nil {
		return nil, err
	}
	switch string(out) {
	case "false\ntrue\n":
		return r, nil
	case "true\nfalse\n":
		return nil, fault.Conflict(CodeBare, "%s is a bare git repository: it has no files to look at", root).
			WithHint("git -C %q worktree list", root)
	default:
		return nil, fault.NotFound(CodeNotRepo, "%s is not in the work tree of a git repository", root).
			WithHint("git -C %q status", root)
	}
}

// OpenCommit is [Open] and [Repo.Commit] by one question to git, as long as both
// have good answers.
func OpenCommit(ctx context.Context, root, name string) (r *Repo, id string, err error) {
	r = At(root)
	out, err := r.Run(ctx, "rev-parse", "--is-bare-repository", "--is-inside-work-tree", "--end-of-options", name+"^{commit}")
	if answer, ok := strings.CutPrefix(string(out), "false\ntrue\n"); err == nil && ok {
		if id := strings.TrimSuffix(answer, "\n"); IsID(id) {
			return r, id, nil
		}
	}
	if r, err = Open(ctx, root); err != nil {
		return nil, "", err
	}
	id, err = r.Commit(ctx, name)
	return r, id, err
}

// Sub is the repository of a submodule.
func (r *Repo) Sub(path string) *Repo {
	sub := *r
	sub.root = filepath.Join(r.root, filepath.FromSlash(path))
	return &sub
}

// Root is the folder that the repository is seen from.
func (r *Repo) Root() string { return r.root }

// IsID reports whether s has the form of a full object id.
func IsID(s string) bool {
	const sha1, sha256 = 40, 64
	return (len(s) == sha1 || len(s) == sha256) && strings.Trim(s, "0123456789abcdef") == ""
}

// Ties are the variables that tie git to one repository. Hooks set them;
// inherited, they would make a command in one directory work on the repository
// of another.
func Ties() []string {
	return []string{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_CEILING_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG",
		"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_DEFAULT_HASH", "GIT_DIR", "GIT_EXTERNAL_DIFF",
		"GIT_GLOB_PATHSPECS", "GIT_GRAFT_FILE", "GIT_ICASE_PATHSPECS", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
		"GIT_INDEX_VERSION", "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS", "GIT_NAMESPACE",
		"GIT_NOGLOB_PATHSPECS", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH",
		"GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
	}
}

// quiet returns an environment for git that is free of what ties it to another
// repository, without locks that could disturb the user's own git, and in the
// language that errors are recognised in.
func quiet(env []string) []string {
	ties := Ties()
	clean := slices.DeleteFunc(slices.Clone(env), func(pair string) bool {
		name, _, _ := strings.Cut(pair, "=")
		return slices.Contains(ties, name) || strings.HasPrefix(name, "GIT_TRACE") || name == "GIT_OPTIONAL_LOCKS" ||
			strings.HasPrefix(strings.ToUpper(name), "LAYERCAKE_")
	})
	return append(clean, "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// readSettings hold for every call that only looks: no programs of the
// repository's configuration run, nothing is written next to the index, and no
// file's change is overlooked because of settings that make git look less hard.
func readSettings() []string {
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

// Call is one call of git.
type Call struct {
	// Env are variables ("NAME=value") that come after the environment's.
	Env []string
	// Input is what git reads from its standard input.
	Input []byte
	Args  []string
}

// name is git's command.
func (c Call) name() string {
	args := c.Args
	for len(args) > 2 && args[0] == "-c" {
		args = args[2:]
	}
	return args[0]
}

// Run runs git in the root and returns its standard output.
func (r *Repo) Run(ctx context.Context, args ...string) ([]byte, error) {
	return r.Do(ctx, Call{Args: args})
}

// line is [Repo.Run] for an answer of one line.
func (r *Repo) line(ctx context.Context, args ...string) (string, error) {
	out, err := r.Run(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}

// command is git with the settings and the environment for this repository.
func (r *Repo) command(ctx context.Context, c Call) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "git", append(slices.Clone(r.settings), c.Args...)...)
	cmd.Dir = r.root
	cmd.Env = append(slices.Clip(r.env), c.Env...)
	return cmd
}

// Do makes a call.
func (r *Repo) Do(ctx context.Context, c Call) ([]byte, error) {
	cmd := r.command(ctx, c)
	cmd.Stdin = bytes.NewReader(c.Input)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, r.failure(ctx, c.name(), stderr.String(), err)
	}
	return stdout.Bytes(), nil
}

// failure says why a call failed.
func (r *Repo) failure(ctx context.Context, name, said string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fault.From(ctx.Err())
	case errors.Is(err, exec.ErrNotFound):
		return fault.NotFound(CodeMissing, "git is not installed").WithHint("command -v git").Wrap(err)
	}
	said = strings.TrimSpace(said)
	if strings.Contains(said, "not a git repository") {
		return fault.NotFound(CodeNotRepo, "%s is not in a git repository", r.root).WithHint("git init %q", r.root)
	}
	return fault.Failed(CodeFailed, "git %s failed in %s: %s", name, r.root, said).
		WithHint("git -C %q status", r.root).Wrap(err)
}

// ExitCode is what git ended with when it said no by its exit code, or 0 when
// the error has another cause.
func ExitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return 0
}

// Path returns the path of something inside of the git directory.
func (r *Repo) Path(ctx context.Context, name string) (string, error) {
	path, err := r.line(ctx, "rev-parse", "--git-path", name)
	if err != nil {
		return "", err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.root, path)
	}
	return path, nil
}

// Commit returns the full id of a commit, or [CodeNoCommit].
func (r *Repo) Commit(ctx context.Context, name string) (string, error) {
	id, err := r.line(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	if err == nil {
		return id, nil
	}
	if ExitCode(err) != 0 && fault.CodeOf(err) == CodeFailed {
		return "", fault.NotFound(CodeNoCommit, "there is no commit %q in %s", name, r.root).
			WithHint("git -C %q log --oneline -5", r.root)
	}
	return "", err
}

// Unexpected is the error for an answer of git that is not as it should be.
func (r *Repo) Unexpected(command string, answer []byte) error {
	return fault.Failed(CodeFailed, "git %s said something unexpected in %s: %.80q", command, r.root, answer).
		WithHint("git -C %q status", r.root)
}
