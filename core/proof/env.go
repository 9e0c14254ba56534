package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/redact"
)

// gitRepoVars are the variables that tie git to one repository. Hooks set them;
// inherited, they would make a command in one directory work on the repository
// of another.
func gitRepoVars() []string {
	return []string{
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_ATTR_SOURCE", "GIT_CEILING_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG",
		"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_DEFAULT_HASH", "GIT_DIR", "GIT_EXTERNAL_DIFF",
		"GIT_GLOB_PATHSPECS", "GIT_GRAFT_FILE", "GIT_ICASE_PATHSPECS", "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE",
		"GIT_INDEX_VERSION", "GIT_INTERNAL_SUPER_PREFIX", "GIT_LITERAL_PATHSPECS", "GIT_NAMESPACE",
		"GIT_NOGLOB_PATHSPECS", "GIT_NO_REPLACE_OBJECTS", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH",
		"GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
	}
}

// digestVars are the variables whose values enter the environment digest: those
// that decide which tools run and how they build and test, and that hold no
// secrets.
func digestVars() []string {
	return []string{
		"CARGO_BUILD_TARGET", "CC", "CFLAGS", "CGO_ENABLED", "CI", "CXX", "CXXFLAGS", "GOAMD64", "GOARCH", "GOARM64",
		"GODEBUG", "GOEXPERIMENT", "GOFLAGS", "GOMAXPROCS", "GOOS", "GOTOOLCHAIN", "JAVA_HOME", "LANG", "LC_ALL",
		"LDFLAGS", "NODE_ENV", "NODE_OPTIONS", "PATH", "PYTHONPATH", "RUSTFLAGS", "RUSTUP_TOOLCHAIN", "SHELL", "TZ",
		"VIRTUAL_ENV",
	}
}

// childEnv returns the environment that a command gets: the caller's without
// LayerCake's own secrets and addresses, and without git's ties to a repository.
func childEnv(env []string) []string {
	ties := gitRepoVars()
	kept := make([]string, 0, len(env))
	for _, pair := range env {
		name, _, _ := strings.Cut(pair, "=")
		if slices.Contains(ties, name) {
			continue
		}
		own := strings.HasPrefix(strings.ToUpper(name), "LAYERCAKE_")
		if own && (redact.SecretName(name) || strings.Contains(strings.ToUpper(name), "URL") || strings.Contains(strings.ToUpper(name), "DSN")) {
			continue
		}
		kept = append(kept, pair)
	}
	return kept
}

// Environment is what a command ran in, as far as it bears on the result.
type Environment struct {
	// Digest is the hex SHA-256 over Lines, each followed by a newline.
	Digest string `json:"digest"`
	// Lines are, sorted: NAME=value for each variable of a fixed list that
	// is set (tool paths, build flags, locale; see digestVars), with secrets
	// redacted; "platform=os/arch"; "tool=path size", the resolved program.
	Lines []string `json:"lines"`
}

// describeEnv returns the environment's description. The program's size stands
// for its version: asking each tool for its version costs a process, and many
// answer in their own ways.
func describeEnv(env []string, program string, r *redact.Redactor) Environment {
	var lines []string
	for _, name := range digestVars() {
		if value, ok := lookupEnv(env, name); ok {
			lines = append(lines, name+"="+r.String(value))
		}
	}
	lines = append(lines, "platform="+runtime.GOOS+"/"+runtime.GOARCH)
	size := int64(-1)
	if target, err := filepath.EvalSymlinks(program); err == nil {
		if info, err := os.Stat(target); err == nil {
			size = info.Size()
		}
	}
	lines = append(lines, fmt.Sprintf("tool=%s %d", r.String(program), size))
	slices.Sort(lines)
	sum := sha256.New()
	for _, line := range lines {
		sum.Write([]byte(line + "\n"))
	}
	return Environment{Digest: hex.EncodeToString(sum.Sum(nil)), Lines: lines}
}

// lookupEnv returns the value of a variable; of several, the last, as exec does.
func lookupEnv(env []string, name string) (string, bool) {
	for _, pair := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}
