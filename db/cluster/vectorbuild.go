package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// vectorRelease names the release whose source package of pgvector is new
// enough and was built against the servers of the given release.
func vectorRelease(codename string) (string, bool) {
	next := map[string]string{"bookworm": "trixie"}
	release, ok := next[codename]
	return release, ok
}

//nolint:gochecknoglobals // compiled when it is first used; starting takes no longer for it
var codenamePattern = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^VERSION_CODENAME="?([a-z]+)"?`)
})

// planVectorBuild plans to build pgvector for the server of that major version.
//
// apt checks the source package's signatures, as it does for every package,
// with lists of its own: the machine's apt configuration stays as it is. The
// server's headers come from the package postgresql-server-dev, which is
// unpacked but not installed: installing it would bring a compiler suite of
// 500 MB, and replace the server by a newer minor version, which restarts the
// databases of others.
func (s *system) planVectorBuild(major int) (installStep, error) {
	text, err := s.readFile("/etc/os-release")
	if err != nil {
		return installStep{}, because(err, CodeInstallFailed, manualHint, "cannot tell which distribution this is")
	}
	codename := ""
	if match := codenamePattern().FindSubmatch(text); match != nil {
		codename = string(match[1])
	}
	release, ok := vectorRelease(codename)
	if !ok {
		return installStep{}, failure(CodeInstallFailed,
			"add the PostgreSQL project's own apt repository (PGDG) and run 'layercake setup' again, or set "+envURL,
			"this distribution has no pgvector >= %s for PostgreSQL %d", MinVector, major)
	}
	source, ok := s.findAptSource(codename)
	if !ok {
		return installStep{}, failure(CodeInstallFailed, manualHint, "no entry for %s in apt's sources", codename)
	}
	number := strconv.Itoa(major)
	return installStep{
		what: "build pgvector from Debian " + release + "'s source package, and copy it to " +
			filepath.Join(debianServers, number, "lib") + " and " + filepath.Join(debianShare, number, "extension"),
		root: true,
		do: func(ctx context.Context, sys *system) error {
			return sys.buildVector(ctx, number, source.deb822(release))
		},
	}, nil
}

const debianShare = "/usr/share/postgresql"

func (s *system) buildVector(ctx context.Context, major, sources string) (err error) {
	dir, err := os.MkdirTemp("", "layercake-pgvector-")
	if err != nil {
		return because(err, CodeInstallFailed, "", "cannot make a temporary directory")
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	build := vectorBuild{sys: s, dir: dir, major: major}
	if err := build.layOut(sources); err != nil {
		return because(err, CodeInstallFailed, "", "cannot write to %s", dir)
	}
	if err := build.fetch(ctx); err != nil {
		return err
	}
	if err := build.compile(ctx); err != nil {
		return err
	}
	return build.copyIn(ctx)
}

// vectorBuild is one build in a temporary directory.
type vectorBuild struct {
	sys        *system
	dir, major string
}

const (
	readableDir   = 0o755 // apt downloads as a user without rights
	sourcesFile   = "next.sources"
	sourceDir     = "source"
	headersDir    = "headers"
	headerPackage = "postgresql-server-dev-"
)

func (b vectorBuild) layOut(sources string) error {
	err := os.Chmod(b.dir, readableDir)
	for _, name := range []string{"lists/partial", "cache/archives/partial", "none", sourceDir, headersDir} {
		err = errors.Join(err, os.MkdirAll(filepath.Join(b.dir, name), readableDir))
	}
	return errors.Join(err, os.WriteFile(filepath.Join(b.dir, sourcesFile), []byte(sources), 0o644)) //nolint:gosec // no secret
}

func (b vectorBuild) run(ctx context.Context, what string, argv ...string) error {
	return b.sys.run(ctx, installStep{what: what, argv: argv, dir: b.dir})
}

// fetch gets the source and the headers. It needs no rights.
func (b vectorBuild) fetch(ctx context.Context) error {
	private := []string{
		aptGet, "-q",
		"-o", "Dir::Etc::sourcelist=" + filepath.Join(b.dir, sourcesFile), "-o", "Dir::Etc::sourceparts=" + filepath.Join(b.dir, "none"),
		"-o", "Dir::State::lists=" + filepath.Join(b.dir, "lists"), "-o", "Dir::Cache=" + filepath.Join(b.dir, "cache"),
	}
	if err := b.run(ctx, "fetch the list of source packages", append(private, "update", "--error-on=any")...); err != nil {
		return err
	}
	if err := b.run(ctx, "fetch pgvector's source", append(private, "source", "--download-only", "pgvector")...); err != nil {
		return err
	}
	headers := headerPackage + b.major
	if _, err := b.sys.candidateOrUpdate(ctx, headers); err != nil {
		return err
	}
	if err := b.run(ctx, "fetch the server's headers", aptGet, "-q", "download", headers); err != nil {
		// The lists may be old, and the version in them gone.
		update := installStep{what: "fetch the package lists", argv: aptUpdate(), root: true}
		if err := b.sys.run(ctx, update); err != nil {
			return err
		}
		return b.run(ctx, "fetch the server's headers", aptGet, "-q", "download", headers)
	}
	return nil
}

// compile unpacks both and builds for any processor of this architecture, for
// the file may be used on another machine with the same disk image.
func (b vectorBuild) compile(ctx context.Context) error {
	headers, err := b.only(headerPackage + "*.deb")
	if err != nil {
		return err
	}
	source, err := b.only("pgvector_*.orig.tar.*")
	if err != nil {
		return err
	}
	steps := [][]string{
		{"dpkg-deb", "-x", headers, headersDir},
		{"tar", "-xf", source, "-C", sourceDir, "--strip-components=1"},
		{
			"make", "-C", sourceDir, "-j2", "OPTFLAGS=", "with_llvm=no",
			"PG_CONFIG=" + filepath.Join(debianServers, b.major, "bin", configProgram),
			"includedir_server=" + filepath.Join(b.dir, headersDir, "usr/include/postgresql", b.major, "server"),
		},
	}
	for _, argv := range steps {
		if err := b.run(ctx, "build pgvector", argv...); err != nil {
			return err
		}
	}
	return nil
}

// copyIn puts the files where the server looks. The control file comes last:
// it is what makes the extension exist.
func (b vectorBuild) copyIn(ctx context.Context) error {
	scripts, err := filepath.Glob(filepath.Join(b.dir, sourceDir, "sql", "vector--*.sql"))
	if err != nil || len(scripts) == 0 {
		return because(err, CodeInstallFailed, "", "pgvector's source has no SQL files")
	}
	extension := filepath.Join(debianShare, b.major, "extension")
	for _, argv := range [][]string{
		{"install", "-m", "755", filepath.Join(b.dir, sourceDir, "vector.so"), filepath.Join(debianServers, b.major, "lib")},
		append(append([]string{"install", "-m", "644"}, scripts...), extension),
		{"install", "-m", "644", filepath.Join(b.dir, sourceDir, "vector.control"), extension},
	} {
		if err := b.sys.run(ctx, installStep{what: "copy pgvector's files", argv: argv, root: true}); err != nil {
			return err
		}
	}
	return nil
}

// only finds the one file of that pattern.
func (b vectorBuild) only(pattern string) (string, error) {
	found, err := filepath.Glob(filepath.Join(b.dir, pattern))
	if err != nil || len(found) != 1 {
		return "", failure(CodeInstallFailed, manualHint, "expected one file %s, got: %s", pattern, strings.Join(found, ", "))
	}
	return filepath.Base(found[0]), nil
}
