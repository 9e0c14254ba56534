package cluster

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
)

// account is the operating system's user that the server runs as. PostgreSQL
// refuses to run as root.
type account struct {
	uid, gid int
	name     string // empty when it cannot be looked up
	drop     bool   // this process is root and gives its rights away
}

// serverAccount decides who runs the server: the user of this process; if
// that is root, whoever owns the data, else "postgres", else "nobody". Users
// are never created.
func (c Config) serverAccount() (account, error) {
	uid, gid := os.Geteuid(), os.Getegid()
	if uid != 0 {
		return account{uid: uid, gid: gid, name: userName(uid)}, nil
	}
	for _, dir := range []string{c.pgDir(), c.DataDir} {
		info, err := os.Stat(dir)
		if err != nil {
			continue
		}
		if owner, group, ok := fileOwner(info); ok && owner != 0 {
			return account{uid: owner, gid: primaryGroup(owner, group), name: userName(owner), drop: true}, nil
		}
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(found.Uid)
		gid, errGID := strconv.Atoi(found.Gid)
		if errors.Join(errUID, errGID) == nil && uid > 0 {
			return account{uid: uid, gid: gid, name: name, drop: true}, nil
		}
	}
	return account{}, failure(CodeNoServerUser, "run layercake as an ordinary user",
		"PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as")
}

func userName(uid int) string {
	found, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return ""
	}
	return found.Username
}

func primaryGroup(uid, otherwise int) int {
	found, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return otherwise
	}
	gid, err := strconv.Atoi(found.Gid)
	if err != nil {
		return otherwise
	}
	return gid
}

// own gives the file to acc, if this process is root.
func (acc account) own(paths ...string) error {
	if !acc.drop {
		return nil
	}
	for _, path := range paths {
		if err := os.Lchown(path, acc.uid, acc.gid); err != nil {
			return because(err, CodeDataDirUnusable, "set "+envDataDir+" to a directory on a local disk",
				"cannot give %s to the user who runs the server", path)
		}
	}
	return nil
}

// label names the account in messages.
func (acc account) label() string {
	if acc.name != "" {
		return acc.name
	}
	return "uid " + strconv.Itoa(acc.uid)
}

const (
	executeOwner = 0o100
	executeGroup = 0o010
	executeOther = 0o001
)

// mayEnter judges by mode bits alone whether acc can pass through dir.
func (acc account) mayEnter(info fs.FileInfo) bool {
	uid, gid, ok := fileOwner(info)
	if !ok {
		return true
	}
	switch {
	case uid == acc.uid:
		return info.Mode()&executeOwner != 0
	case gid == acc.gid:
		return info.Mode()&executeGroup != 0
	default:
		return info.Mode()&executeOther != 0
	}
}

// checkTraversable reports the first directory on the way to dir that the
// server's user cannot enter. Mode bits are asked first; only when they say no
// does a process of that user try, because access lists may allow it.
func (acc account) checkTraversable(ctx context.Context, dir string) error {
	if !acc.drop {
		return nil
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return because(err, CodeDataDirUnusable, "", "cannot resolve %s", dir)
	}
	var way []string
	for at := resolved; ; at = filepath.Dir(at) {
		way = append([]string{at}, way...)
		if at == filepath.Dir(at) {
			break
		}
	}
	for _, at := range way {
		info, err := os.Stat(at)
		if err != nil {
			return because(err, CodeDataDirUnusable, "", "cannot look at %s", at)
		}
		if acc.mayEnter(info) || acc.triesToEnter(ctx, at) {
			continue
		}
		return failure(CodeNotTraversable,
			"set "+envDataDir+" to a directory that "+acc.label()+" can reach, such as "+rootDataDir+", or run 'chmod o+x "+at+"'",
			"PostgreSQL does not run as root, and user %s, who would run it, may not enter %s", acc.label(), at)
	}
	return nil
}

func (acc account) triesToEnter(ctx context.Context, dir string) bool {
	test := exec.CommandContext(ctx, "test", "-x", dir)
	test.Dir = "/"
	runAs(test, acc)
	return test.Run() == nil
}
