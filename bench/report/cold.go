//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/layercake-dev/layercake/db/cluster"
)

// cold measures the first command after a pause, and the very first.
func (r *rig) cold(ctx context.Context) ([]*figure, error) {
	const rounds, stopped, never = 10, 250, 3000
	bare, err := r.newBareServer(ctx)
	if err != nil {
		return nil, err
	}
	data := filepath.Join(r.dir, "cold")
	if err := os.Mkdir(data, openToServer); err != nil {
		return nil, fmt.Errorf("make a data folder: %w", err)
	}
	cfg := r.cluster
	cfg.DataDir = data
	first := func() (time.Duration, error) {
		d, err := r.took(ctx, r.dir, []string{r.binary, "project", "list"}, "LAYERCAKE_DATA_DIR="+data)
		return d, errors.Join(err, cluster.Stop(ctx, cfg))
	}
	again, err := r.race(ctx, r.rounds(rounds), bare.start, first)
	if err != nil {
		return nil, err
	}
	created, err := r.race(ctx, r.rounds(rounds)/2, bare.create, func() (time.Duration, error) {
		if err := emptied(data); err != nil {
			return 0, err
		}
		return first()
	})
	if err != nil {
		return nil, err
	}
	return []*figure{
		newFigure(sectionStart, "the first command when the database is stopped, p50", millis, again[1].at(half)).goal(stopped).
			besides("`pg_ctl start`", again[0].at(half), nan),
		newFigure(sectionStart, "the first command ever, p50", millis, created[1].at(half)).goal(never).
			besides("`initdb`, `pg_ctl start`", created[0].at(half), nan),
	}, nil
}

func emptied(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// bareServer is a server run by Postgres' own tools.
type bareServer struct {
	ctx  context.Context //nolint:containedctx // the run's
	bin  string
	dir  string
	cred *syscall.Credential
}

func (r *rig) newBareServer(ctx context.Context) (*bareServer, error) {
	status, err := cluster.GetStatus(ctx, r.cluster)
	if err != nil {
		return nil, err
	}
	b := &bareServer{ctx: ctx, bin: status.BinDir, dir: filepath.Join(r.dir, "bare")}
	if os.Getuid() == 0 {
		info, err := os.Stat(filepath.Join(r.cluster.DataDir, "pg"))
		if err != nil {
			return nil, fmt.Errorf("look at the server's files: %w", err)
		}
		if b.cred, err = ownerOf(info); err != nil {
			return nil, err
		}
	}
	_, err = b.create()
	return b, err
}

func ownerOf(info fs.FileInfo) (*syscall.Credential, error) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if ok && stat.Uid != 0 {
		return &syscall.Credential{Uid: stat.Uid, Gid: stat.Gid, NoSetGroups: true}, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("find an account for the bare server: %w", err)
	}
	uid, errU := strconv.ParseUint(account.Uid, 10, 32)
	gid, errG := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true}, errors.Join(errU, errG)
}

func (b *bareServer) run(program string, args ...string) error {
	cmd := exec.CommandContext(b.ctx, filepath.Join(b.bin, program), args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: b.cred}
	if err := cmd.Run(); err != nil { // without output: the server would hold a pipe open
		return fmt.Errorf("%s: %w", program, err)
	}
	return nil
}

// start starts the server and stops it again; only the first is counted.
func (b *bareServer) start() (time.Duration, error) {
	began := time.Now()
	err := b.run("pg_ctl", "start", "--wait", "--silent", "-D", b.dir, "-l", b.dir+"/log", "-o", "-c listen_addresses='' -k "+b.dir)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	return took, b.run("pg_ctl", "stop", "--wait", "--silent", "--mode=fast", "-D", b.dir)
}

// create makes the server's files anew, and starts it.
func (b *bareServer) create() (time.Duration, error) {
	if err := os.RemoveAll(b.dir); err != nil {
		return 0, fmt.Errorf("remove the bare server: %w", err)
	}
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		return 0, fmt.Errorf("make a folder: %w", err)
	}
	if b.cred != nil {
		if err := os.Chown(b.dir, int(b.cred.Uid), int(b.cred.Gid)); err != nil {
			return 0, fmt.Errorf("give the folder away: %w", err)
		}
	}
	began := time.Now()
	if err := b.run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "-D", b.dir); err != nil {
		return 0, err
	}
	made := time.Since(began)
	took, err := b.start()
	return made + took, err
}
