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

	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/core/redact"
)

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
	ties := git.Ties()
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
