//go:build unix

// Package clustertest gives tests a real PostgreSQL: one throw-away server per
// user and machine, shared by all test binaries that run at the same time or
// shortly after each other, and an empty database per test.
//
// A package that uses it needs
//
//	func TestMain(m *testing.M) { os.Exit(clustertest.Main(m)) }
//
// because the server's supervisor is the test binary itself, executed again.
// The server stops a minute after the last test. LAYERCAKE_TEST_DATABASE_URL
// names another server to use, whose role must be allowed to create databases.
package clustertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/layercake-dev/layercake/db/cluster"
)

const (
	envURL    = "LAYERCAKE_TEST_DATABASE_URL"
	envBinDir = "LAYERCAKE_POSTGRES_BIN"

	idleTimeout   = time.Minute
	setUpTimeout  = 2 * time.Minute
	dropTimeout   = 30 * time.Second
	enterablePerm = 0o711 // the server's user is another one when tests run as root
	readablePerm  = 0o644
	accessFile    = "pg_hba.conf"
)

// Main runs the tests, or the server's supervisor if this process is one. It
// returns the exit code.
func Main(m *testing.M) int {
	RunSupervisor()
	return m.Run()
}

// RunSupervisor runs the supervisor and exits, if this process was spawned for
// that; otherwise it returns at once. It is for test binaries whose TestMain is
// somebody else's, such as goleak's or testscript's; call it first.
func RunSupervisor() {
	cfg, spawned, err := cluster.SupervisorConfig(os.LookupEnv)
	if !spawned {
		return
	}
	if err == nil {
		err = cluster.Supervise(context.Background(), cfg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err) // goes to the server's log
		os.Exit(1)
	}
	os.Exit(0)
}

// New returns the URL of the shared server, connected as a superuser. Use
// [Database] unless the test is about the server as a whole.
func New(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setUpTimeout)
	defer cancel()
	url, err := server(ctx)
	if err != nil {
		fatal(t, err)
	}
	return url
}

// Own returns the configuration of a cluster of the test's own, for tests that
// kill or stop the server; [cluster.Ensure] starts it. It is as durable as a
// user's. When the test ends it is stopped and removed.
func Own(t testing.TB) cluster.Config {
	t.Helper()
	cfg, err := own()
	if err != nil {
		fatal(t, err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		if err := errors.Join(cluster.Stop(ctx, cfg), os.RemoveAll(cfg.DataDir)); err != nil {
			t.Errorf("remove the test's cluster: %v", err)
		}
	})
	return cfg
}

func own() (cluster.Config, error) {
	// testing.T.TempDir is closed to the server's user when tests run as root.
	dir, err := os.MkdirTemp("", "lc-own-")
	if err != nil {
		return cluster.Config{}, err
	}
	cfg, err := config(dir)
	return cfg, errors.Join(err, os.Chmod(dir, enterablePerm))
}

func config(dir string) (cluster.Config, error) {
	self, err := os.Executable()
	return cluster.Config{
		DataDir: dir, BinDir: os.Getenv(envBinDir), RuntimeDir: os.Getenv("XDG_RUNTIME_DIR"),
		IdleTimeout: idleTimeout, SupervisorCommand: []string{self},
	}, err
}

// server makes sure that the shared server runs.
func server(ctx context.Context) (string, error) {
	if url := os.Getenv(envURL); url != "" {
		return url, nil
	}
	cfg, err := sharedConfig()
	if err != nil {
		return "", err
	}
	info, err := cluster.Ensure(ctx, cfg)
	if err != nil {
		return "", err
	}
	if info.Started {
		return info.ConnString, dropStale(ctx, info.ConnString)
	}
	return info.ConnString, nil
}

// sharedConfig is the well-known cluster of this user. Its data may be lost
// with the machine, so nothing is synced to disk.
func sharedConfig() (cluster.Config, error) {
	dir := filepath.Join(os.TempDir(), "layercake-test-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, enterablePerm); err != nil && !errors.Is(err, fs.ErrExist) {
		return cluster.Config{}, err
	}
	if err := checkOwn(dir); err != nil {
		return cluster.Config{}, err
	}
	if err := os.Chmod(dir, enterablePerm); err != nil {
		return cluster.Config{}, err
	}
	access := filepath.Join(dir, accessFile)
	if _, err := os.Stat(access); errors.Is(err, fs.ErrNotExist) {
		// Tests of rights connect as other roles.
		if err := os.WriteFile(access, []byte("local all all trust\n"), readablePerm); err != nil {
			return cluster.Config{}, err
		}
	}
	cfg, err := config(dir)
	cfg.Settings = map[string]string{
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "hba_file": access,
	}
	return cfg, err
}

// checkOwn refuses a directory that somebody else has put there.
func checkOwn(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a directory of this user; remove it or set %s", dir, envURL)
	}
	return nil
}

func fatal(t testing.TB, err error) {
	t.Helper()
	var known *cluster.Error
	switch {
	case errors.As(err, &known) && known.Code == cluster.CodePostgresNotFound:
		t.Fatalf("tests need PostgreSQL: %v\nrun 'make setup', or set %s to a server", err, envURL)
	case errors.As(err, &known) && known.Code == cluster.CodeStartFailed:
		t.Fatalf("the test server does not start: %v\nDoes this package have func TestMain(m *testing.M) { os.Exit(clustertest.Main(m)) }?\n"+
			"A damaged test server can be removed: rm -r %s", err, filepath.Join(os.TempDir(), "layercake-test-"+strconv.Itoa(os.Getuid())))
	default:
		t.Fatalf("test database: %v", err)
	}
}
