package cluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Binaries is one installation of the PostgreSQL server.
type Binaries struct {
	// Dir holds postgres, initdb and psql.
	Dir string
	// Major is the major version, such as 15.
	Major int
	// Version is the full version, such as "15.18".
	Version string
	// Vector is the version of pgvector that can be used with it, such as
	// "0.8.0"; empty when there is none.
	Vector string
}

// HasVector tells whether pgvector is there and new enough.
func (b Binaries) HasVector() bool {
	return b.Vector != "" && compareVersions(b.Vector, MinVector) >= 0
}

const (
	serverProgram = "postgres"
	initProgram   = "initdb"
	shellProgram  = "psql"
	configProgram = "pg_config"

	debianServers = "/usr/lib/postgresql/"
)

// binaryPatterns are the places where distributions, Homebrew and Postgres.app
// put the server.
func binaryPatterns() []string {
	return []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/usr/lib/postgresql*/bin",
		"/usr/libexec/postgresql*",
		"/opt/homebrew/opt/postgresql@*/bin",
		"/opt/homebrew/opt/postgresql/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
		"/usr/local/pgsql/bin",
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	}
}

// candidateDirs are the directories that have a server in them, without
// repetition. A directory given explicitly is the only candidate.
func (c Config) candidateDirs(ctx context.Context) []string {
	if c.BinDir != "" {
		return []string{c.BinDir}
	}
	var dirs []string
	add := func(dir string) {
		server, err := filepath.EvalSymlinks(filepath.Join(dir, serverProgram))
		if err != nil {
			return
		}
		// The server looks for its own files next to its real place.
		if dir := filepath.Dir(server); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	if path, err := exec.LookPath(serverProgram); err == nil {
		add(filepath.Dir(path))
	}
	for _, pattern := range binaryPatterns() {
		found, err := filepath.Glob(pattern)
		if err != nil {
			continue // only a malformed pattern, which these are not
		}
		for _, dir := range found {
			add(dir)
		}
	}
	if len(dirs) == 0 { // the only way that costs a process
		if out, err := exec.CommandContext(ctx, configProgram, "--bindir").Output(); err == nil {
			add(strings.TrimSpace(string(out)))
		}
	}
	return dirs
}

// FindBinaries lists the installations that can be used, best first: those
// with pgvector, then the newest.
func FindBinaries(ctx context.Context, c Config) ([]Binaries, error) {
	var usable []Binaries
	var tooOld []string
	for _, dir := range c.candidateDirs(ctx) {
		found, err := inspect(ctx, dir)
		if err != nil {
			if c.BinDir != "" {
				return nil, because(err, CodePostgresNotFound, "set "+envBinDir+" to the directory that holds postgres and initdb",
					"no PostgreSQL server in %s", dir)
			}
			continue
		}
		if found.Major < MinMajor {
			tooOld = append(tooOld, found.Version)
			continue
		}
		usable = append(usable, found)
	}
	slices.SortStableFunc(usable, func(a, b Binaries) int {
		if a.HasVector() != b.HasVector() {
			if a.HasVector() {
				return -1
			}
			return 1
		}
		return compareVersions(b.Version, a.Version)
	})
	if len(usable) > 0 {
		return usable, nil
	}
	seen := ""
	if len(tooOld) > 0 {
		seen = " (found only " + strings.Join(tooOld, ", ") + ")"
	}
	return nil, failure(CodePostgresNotFound, "run 'layercake setup', or set "+envURL+" to a PostgreSQL server",
		"PostgreSQL %d or newer is not installed%s", MinMajor, seen)
}

//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var versionPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\(PostgreSQL\) (\d+)((?:\.\d+)?)`)
})

func inspect(ctx context.Context, dir string) (Binaries, error) {
	if _, err := exec.LookPath(filepath.Join(dir, initProgram)); err != nil {
		return Binaries{}, err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, serverProgram), "--version").Output()
	if err != nil {
		return Binaries{}, err
	}
	match := versionPattern().FindStringSubmatch(string(out))
	if match == nil {
		return Binaries{}, failure(CodePostgresNotFound, "", "%s --version said %q", serverProgram, strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(match[1])
	if err != nil {
		return Binaries{}, err
	}
	found := Binaries{Dir: dir, Major: major, Version: match[1] + match[2]}
	found.Vector = vectorVersion(ctx, found)
	return found, nil
}

//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var defaultVersionPattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\s*default_version\s*=\s*'([^']+)'`)
})

// vectorVersion is the version in the extension's control file.
func vectorVersion(ctx context.Context, b Binaries) string {
	for _, share := range shareDirs(ctx, b) {
		text, err := os.ReadFile(filepath.Join(share, "extension", "vector.control"))
		if err != nil {
			continue
		}
		if match := defaultVersionPattern().FindSubmatch(text); match != nil {
			return string(match[1])
		}
	}
	return ""
}

// shareDirs are the places for extensions, as pg_config names them. On Debian
// the answer is known and a process is saved.
func shareDirs(ctx context.Context, b Binaries) []string {
	major := strconv.Itoa(b.Major)
	if debian := filepath.Join("/usr/share/postgresql", major); strings.HasPrefix(b.Dir, debianServers) {
		return []string{debian}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(b.Dir, configProgram), "--sharedir").Output()
	if err == nil {
		return []string{strings.TrimSpace(string(out))}
	}
	// pg_config is often in a package of its own.
	return []string{
		"/usr/share/postgresql" + major,
		filepath.Join(b.Dir, "..", "share", "postgresql"+major),
		filepath.Join(b.Dir, "..", "share", "postgresql"),
		filepath.Join(b.Dir, "..", "share", "pgsql"),
		filepath.Join(b.Dir, "..", "share"),
	}
}

// compareVersions compares dotted numbers: 0.10 is newer than 0.9.
func compareVersions(a, b string) int {
	as, bs := strings.Split(a, "."), strings.Split(b, ".")
	for i := range max(len(as), len(bs)) {
		if d := versionPart(as, i) - versionPart(bs, i); d != 0 {
			return d
		}
	}
	return 0
}

func versionPart(parts []string, i int) int {
	if i >= len(parts) {
		return 0
	}
	digits := strings.TrimRightFunc(parts[i], func(r rune) bool { return r < '0' || r > '9' })
	number, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return number
}
