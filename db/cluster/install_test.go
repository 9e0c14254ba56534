package cluster

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fakeSystem is a machine with the given programs and files, that writes down
// what it is told to do and answers from replies.
func fakeSystem(t *testing.T, euid int, programs []string, files, replies map[string]string) (*system, *[]string) {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	var done []string
	return &system{
		euid: euid, root: root, now: time.Now,
		lookPath: func(name string) (string, error) {
			if slices.Contains(programs, name) {
				return "/usr/bin/" + name, nil
			}
			return "", exec.ErrNotFound
		},
		exec: func(_ context.Context, _ string, argv []string, _ io.Reader) (string, error) {
			line := strings.Join(argv, " ")
			if reply, ok := replies[line]; ok {
				if strings.HasPrefix(reply, "fails: ") {
					return reply, errors.New("exit status 1")
				}
				return reply, nil
			}
			done = append(done, line)
			return "", nil
		},
	}, &done
}

func policy(version string) string { return "p:\n  Installed: (none)\n  Candidate: " + version + "\n" }

const (
	aptInstall = "env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o DPkg::Lock::Timeout=300" +
		" -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confold install --no-install-recommends "
	bookworm = "PRETTY_NAME=x\nVERSION_CODENAME=bookworm\n"
	sources  = "Types: deb\n# a comment\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /keys/debian.gpg\n"
)

func runPlan(t *testing.T, sys *system, needs []Need, target Binaries) error {
	t.Helper()
	plan, err := sys.plan(t.Context(), needs, target)
	if err != nil {
		return err
	}
	if err := sys.mayBeRoot(t.Context(), plan); err != nil {
		return err
	}
	return plan.run(t.Context(), sys, io.Discard)
}

func TestAptInstallsServerAndVectorOfOneMajor(t *testing.T) {
	t.Parallel()
	sys, done := fakeSystem(t, 0, []string{"apt-get"}, nil, map[string]string{
		"apt-cache policy postgresql":             policy("17+278"),
		"apt-cache policy postgresql-17-pgvector": policy("0.8.0-1"),
	})
	require.NoError(t, runPlan(t, sys, []Need{NeedServer, NeedVector}, Binaries{}))
	require.Len(t, *done, 3)
	require.Contains(t, (*done)[0], "create_main_cluster = false")
	require.Equal(t, aptInstall+"postgresql-17 postgresql-17-pgvector", (*done)[1])
	require.Contains(t, (*done)[2], "rm -f "+clusterSwitch)
}

func TestAptTakesTheClusterSwitchAwayAfterAFailure(t *testing.T) {
	t.Parallel()
	sys, done := fakeSystem(t, 0, []string{"apt-get"}, nil, map[string]string{
		"apt-cache policy postgresql":                       policy("17+278"),
		"apt-cache policy postgresql-17-pgvector":           policy("0.8.0-1"),
		aptInstall + "postgresql-17 postgresql-17-pgvector": "fails: disk full",
	})
	err := runPlan(t, sys, []Need{NeedServer, NeedVector}, Binaries{})
	require.True(t, hasCode(err, CodeInstallFailed))
	require.ErrorContains(t, err, "disk full")
	require.Contains(t, (*done)[1], "apt-get -q -y", "the lists are fetched before a second try")
	require.Contains(t, (*done)[len(*done)-1], "rm -f "+clusterSwitch)
}

func TestAptAddsVectorToTheInstalledServer(t *testing.T) {
	t.Parallel()
	target := Binaries{Dir: "/usr/lib/postgresql/16/bin", Major: 16}
	sys, done := fakeSystem(t, 1000, []string{"apt-get", "sudo"}, nil, map[string]string{
		"apt-cache policy postgresql-16-pgvector": policy("0.8.1-1"),
		"sudo -n true": "",
	})
	require.NoError(t, runPlan(t, sys, []Need{NeedVector}, target))
	require.Equal(t, []string{"sudo -n " + aptInstall + "postgresql-16-pgvector"}, *done)
}

func TestAptWithoutRightsSaysWhatToRun(t *testing.T) {
	t.Parallel()
	target := Binaries{Dir: "/usr/lib/postgresql/16/bin", Major: 16}
	for _, programs := range [][]string{{"apt-get"}, {"apt-get", "sudo"}} {
		sys, done := fakeSystem(t, 1000, programs, nil, map[string]string{
			"apt-cache policy postgresql-16-pgvector": policy("0.8.1-1"),
			"sudo -n true": "fails: a password is required",
		})
		err := runPlan(t, sys, []Need{NeedVector}, target)
		var known *Error
		require.ErrorAs(t, err, &known)
		require.Equal(t, CodeInstallFailed, known.Code)
		require.Contains(t, known.Hint, aptInstall+"postgresql-16-pgvector")
		require.Empty(t, *done)
	}
}

func TestAnOldDistributionIsToldAboutNewerPackages(t *testing.T) {
	t.Parallel()
	sys, done := fakeSystem(t, 0, []string{"apt-get"}, nil, map[string]string{"apt-cache policy postgresql": policy("14+238")})
	require.ErrorContains(t, runPlan(t, sys, []Need{NeedServer, NeedVector}, Binaries{}), "PostgreSQL 14 only")
	require.Empty(t, *done)
}

func TestBookwormBuildsVectorFromItsMirror(t *testing.T) {
	t.Parallel()
	files := map[string]string{"etc/os-release": bookworm, "etc/apt/sources.list.d/debian.sources": sources, "usr/include/stdio.h": ""}
	sys, done := fakeSystem(t, 0, []string{"apt-get", "make"}, files, map[string]string{"apt-cache policy postgresql-15-pgvector": policy("(none)")})
	plan, err := sys.plan(t.Context(), []Need{NeedVector}, Binaries{Dir: "/usr/lib/postgresql/15/bin", Major: 15})
	require.NoError(t, err)
	require.Len(t, plan.steps, 2)
	require.Equal(t, aptInstall+"gcc", strings.Join(plan.steps[0].argv, " "))
	require.Contains(t, plan.steps[1].what, "trixie")
	require.Empty(t, *done, "planning changes nothing")

	found, ok := sys.findAptSource("bookworm")
	require.True(t, ok)
	require.Equal(t, "Types: deb-src\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\nSigned-By: /keys/debian.gpg\n", found.deb822("trixie"))
}

func TestAptSources(t *testing.T) {
	t.Parallel()
	key := "Types: deb\nURIs: http://a/\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN\n .\n abc\n"
	found, ok := parseDeb822("Types: deb\nURIs: http://off/\nSuites: bookworm\nComponents: main\nEnabled: no\n\n"+key, "bookworm")
	require.True(t, ok)
	require.Equal(t, aptSource{uri: "http://a/", signedBy: "\n -----BEGIN\n .\n abc"}, found)

	_, ok = parseDeb822(sources, "bookworm-security")
	require.False(t, ok)

	found, ok = parseOneLine("# deb http://no/ bookworm main\ndeb-src http://no/ bookworm main\n"+
		"deb [arch=amd64 signed-by=/k.gpg] http://b/debian bookworm main contrib\n", "bookworm")
	require.True(t, ok)
	require.Equal(t, aptSource{uri: "http://b/debian", signedBy: " /k.gpg"}, found)

	_, ok = parseOneLine("deb http://b/debian bookworm contrib\ndeb [broken\ndeb\n", "bookworm")
	require.False(t, ok)
}

func TestOtherPackageManagers(t *testing.T) {
	t.Parallel()
	both := []Need{NeedServer, NeedVector}
	for manager, want := range map[string]string{
		"dnf":  "dnf -y -q --setopt=install_weak_deps=False install postgresql-server postgresql-contrib pgvector",
		"apk":  "apk add --no-progress postgresql postgresql-pgvector",
		"brew": "brew install --quiet postgresql@17 pgvector",
	} {
		sys, done := fakeSystem(t, 0, []string{manager}, nil, nil)
		require.NoError(t, runPlan(t, sys, both, Binaries{}))
		require.Equal(t, []string{want}, *done)
	}
	sys, _ := fakeSystem(t, 0, nil, nil, nil)
	require.True(t, hasCode(runPlan(t, sys, both, Binaries{}), CodeInstallFailed))

	// Homebrew refuses to run as root, so it never gets sudo.
	sys, done := fakeSystem(t, 501, []string{"brew", "sudo"}, nil, nil)
	require.NoError(t, runPlan(t, sys, []Need{NeedVector}, Binaries{}))
	require.Equal(t, []string{"brew install --quiet pgvector"}, *done)
}

func TestAPersonIsAskedFirst(t *testing.T) {
	t.Parallel()
	for answer, goes := range map[string]bool{"\n": true, "y\n": true, "YES\n": true, "n\n": false, "": false} {
		var out bytes.Buffer
		err := confirm(InstallOptions{Out: &out, In: strings.NewReader(answer), IsTTY: true})
		require.Equal(t, goes, err == nil, "answer %q", answer)
		require.Contains(t, out.String(), "Go ahead?")
		if !goes {
			require.True(t, hasCode(err, CodeInstallDeclined))
		}
	}
}

func TestNothingMissingDoesNothing(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	script := "#!/bin/sh\necho 'postgres (PostgreSQL) 16.4'\n"
	share := filepath.Join(bin, "share", "extension")
	require.NoError(t, os.MkdirAll(share, 0o700))
	for name, text := range map[string]string{
		"postgres": script, "initdb": script, "pg_config": "#!/bin/sh\necho " + filepath.Dir(share) + "\n",
	} {
		// Written by another process: a file that this one has open for
		// writing while it forks cannot be executed.
		write := exec.CommandContext(t.Context(), "install", "-m", "755", "/dev/stdin", filepath.Join(bin, name))
		write.Stdin = strings.NewReader(text)
		require.NoError(t, write.Run())
	}
	cfg := Config{DataDir: t.TempDir(), BinDir: bin}

	needs, err := Missing(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, []Need{NeedVector}, needs)

	control := filepath.Join(share, "vector.control")
	require.NoError(t, os.WriteFile(control, []byte("default_version = '0.7.4'\n"), 0o600))
	needs, err = Missing(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, []Need{NeedVector}, needs, "too old")

	require.NoError(t, os.WriteFile(control, []byte("comment = 'x'\ndefault_version = '0.8.1'\n"), 0o600))
	sys, done := fakeSystem(t, 0, nil, nil, nil)
	require.NoError(t, install(t.Context(), cfg, InstallOptions{Out: io.Discard}, sys))
	require.Empty(t, *done)
}
