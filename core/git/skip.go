package git

import (
	"fmt"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Skip says why nothing was added to a repository. It is no error: somebody is
// at work there, or has settings that LayerCake does not go against.
type Skip struct {
	// Reason is a word for programs.
	Reason SkipReason `json:"reason"`
	// Message is a sentence without a final full stop, and Hint a way on.
	Message string `json:"message"`
	Hint    string `json:"hint"`
}

// SkipReason is why nothing was added.
type SkipReason string

// The reasons.
const (
	SkipOperation  SkipReason = "operation_in_progress"
	SkipDetached   SkipReason = "detached_head"
	SkipUnborn     SkipReason = "no_commit_yet"
	SkipLocked     SkipReason = "locked"
	SkipStaged     SkipReason = "staged_by_you"
	SkipUnmerged   SkipReason = "conflicts"
	SkipIgnored    SkipReason = "ignored"
	SkipUnwatched  SkipReason = "unwatched"
	SkipSparse     SkipReason = "sparse_checkout"
	SkipIdentity   SkipReason = "no_identity"
	SkipSubmodule  SkipReason = "submodule"
	SkipNoRepo     SkipReason = "no_repository"
	SkipInsideGit  SkipReason = "inside_git"
	SkipSigning    SkipReason = "signing"
	SkipFormat     SkipReason = "object_format"
	SkipNotRegular SkipReason = "not_a_file"
	SkipMoved      SkipReason = "branch_moved"
	SkipName       SkipReason = "bad_name"
	SkipNoCommit   SkipReason = "commit_missing"
)

func skip(reason SkipReason, hint, format string, args ...any) *Skip {
	return &Skip{Reason: reason, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// notRepo turns the errors of folders without a repository into a reason.
func notRepo(err error) *Skip {
	if code := fault.CodeOf(err); code == CodeNotRepo || code == CodeBare || code == CodeMissing {
		return skip(SkipNoRepo, fault.From(err).Hint, "%s", fault.From(err).Message)
	}
	return nil
}

// insideGit tells whether this process was started by git, such as by a hook:
// what that git is doing would fail when the branch moves under it.
func insideGit(env []string) *Skip {
	for _, name := range []string{"GIT_INDEX_FILE", "GIT_QUARANTINE_PATH", "GIT_DIR", "GIT_WORK_TREE"} {
		if slices.ContainsFunc(env, func(pair string) bool { return strings.HasPrefix(pair, name+"=") }) {
			return skip(SkipInsideGit, "", "this was started by git, or with %s set, and a commit now would be in its way", name)
		}
	}
	return nil
}

// hold tells what stands against a commit by anybody but the person now.
func (st *Standing) hold() *Skip {
	switch {
	case st.format != "sha1":
		return st.otherFormat()
	case st.Operation != Idle:
		return skip(SkipOperation, "git status", "a %s is under way", st.Operation)
	case st.Commit == "":
		return skip(SkipUnborn, "git commit", "there is no commit yet, and the first one is yours")
	case st.Branch == "":
		return skip(SkipDetached, "git switch -", "HEAD is detached: a commit would be on no branch")
	case st.super != "":
		return skip(SkipSubmodule, "git status", "this is a submodule of %s, which says at which commit it stands", st.super)
	case st.locked():
		return st.lockedIndex()
	}
	return nil
}

// otherFormat is the reason when objects are named in a way in which none are written
// here.
func (st *Standing) otherFormat() *Skip {
	return skip(SkipFormat, "layercake doctor",
		"the repository names its objects by %s, and LayerCake makes commits and tags only where they are named by sha1", st.format)
}

// saidOf is what git itself said of a failure, in one line.
func saidOf(err error) string {
	message := fault.From(err).Message
	if _, said, ok := strings.Cut(message, ": "); ok {
		message = said
	}
	line, _, _ := strings.Cut(message, "\n")
	return strings.TrimPrefix(line, "fatal: ")
}
