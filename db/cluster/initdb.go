package cluster

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// halfMade is in the name of a data directory until it is complete.
const halfMade = ".new-"

// initialise creates the data directory, unless it exists. All of it happens
// in a directory beside, which is renamed when it is complete and on disk: a
// killed first run leaves nothing half-made. The caller holds run.lock, so
// anything half-made is nobody's.
func (s *supervisor) initialise(ctx context.Context) error {
	pgdata := s.cfg.dataDir(s.bin.Major)
	if err := s.sweep(); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(pgdata, versionFileName)); err == nil {
		return nil
	}
	temp, err := os.MkdirTemp(s.cfg.pgDir(), strconv.Itoa(s.bin.Major)+halfMade)
	if err != nil {
		return because(err, CodeDataDirUnusable, "", "cannot create a directory in %s", s.cfg.pgDir())
	}
	if err := s.acc.own(temp); err != nil {
		return err
	}
	if err := s.fillDataDir(ctx, temp); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	if err := os.Rename(temp, pgdata); err != nil {
		return because(err, CodeDataDirUnusable, "", "cannot rename %s", temp)
	}
	return syncDir(s.cfg.pgDir())
}

func (s *supervisor) sweep() error {
	stale, err := filepath.Glob(filepath.Join(s.cfg.pgDir(), "*"+halfMade+"*"))
	if err != nil {
		return err
	}
	for _, dir := range stale {
		if err := os.RemoveAll(dir); err != nil {
			return because(err, CodeDataDirUnusable, "", "cannot remove what an interrupted first start left")
		}
	}
	return nil
}

// fillDataDir makes a cluster with the role and the database in it.
func (s *supervisor) fillDataDir(ctx context.Context, dir string) error {
	// C.UTF-8 sorts alike everywhere and for ever; a language's order changes
	// with the C library and breaks indexes.
	err := s.initdb(ctx, dir, "C.UTF-8")
	if err != nil && strings.Contains(err.Error(), "locale") {
		err = errors.Join(emptyDir(dir), s.initdb(ctx, dir, "C"))
	}
	if err != nil {
		return err
	}
	if err := writeServerFiles(dir, s.acc, s.cfg.Settings); err != nil {
		return err
	}
	// Single-user mode creates the database before anybody can connect, so
	// that there is never a cluster without it.
	create := s.command(ctx, serverProgram, "--single", "-F", "-D", dir, "template1")
	create.Stdin = strings.NewReader("CREATE DATABASE " + databaseName + ";\n")
	if err := s.runInit(create); err != nil {
		return err
	}
	return s.runInit(s.command(ctx, initProgram, "--sync-only", "-D", dir))
}

func (s *supervisor) initdb(ctx context.Context, dir, locale string) error {
	return s.runInit(s.command(ctx, initProgram, "-D", dir, "--no-sync", "--no-instructions",
		"-E", "UTF8", "--locale="+locale, "-U", roleName, "-A", "trust", "--wal-segsize=4"))
}

// runInit runs one step of the creation. The child inherits run.lock: should
// the supervisor be killed, the next one waits until the child has ended.
func (s *supervisor) runInit(cmd *exec.Cmd) error {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return s.explain(because(err, CodeStartFailed, "", "%s failed: %s", filepath.Base(cmd.Path), lastLines(output.String(), tailLines)))
	}
	return nil
}

// command is a server program run as the server's user, with run.lock
// inherited and nothing of the environment that could change its meaning.
func (s *supervisor) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin.Dir, program), args...)
	cmd.Dir = s.cfg.pgDir()
	cmd.Env = serverEnv(os.Environ())
	cmd.ExtraFiles = []*os.File{s.runLock}
	runAs(cmd, s.acc)
	return cmd
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

func syncDir(dir string) error {
	handle, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(handle.Sync(), handle.Close())
}
