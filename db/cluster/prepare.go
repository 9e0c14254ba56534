package cluster

import (
	"context"
	"os"
)

const (
	// enterablePerm lets the server's user pass, but not list, a directory of root's.
	enterablePerm = 0o711
)

// prepare makes sure that the directories exist, lie on a disk that can be
// trusted and can be reached by the server's user.
func (c Config) prepare(ctx context.Context) (account, fileSystem, error) {
	if err := checkPlatform(); err != nil {
		return account{}, fileSystem{}, err
	}
	on, err := checkFileSystem(c.DataDir)
	if err != nil {
		return account{}, on, err
	}
	acc, err := c.serverAccount()
	if err != nil {
		return acc, on, err
	}
	perm := os.FileMode(dirPerm)
	if acc.drop {
		perm = enterablePerm
	}
	const hint = "set " + envDataDir + " to a directory that you can write to"
	if err := os.MkdirAll(c.DataDir, perm); err != nil {
		return acc, on, because(err, CodeDataDirUnusable, hint, "cannot create the data directory")
	}
	if err := os.MkdirAll(c.pgDir(), dirPerm); err != nil {
		return acc, on, because(err, CodeDataDirUnusable, hint, "cannot create the database directory")
	}
	if err := acc.own(c.pgDir()); err != nil {
		return acc, on, err
	}
	for _, path := range []string{c.startLock(), c.supervisorLock(), c.runLock(), c.usedFile()} {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, filePerm)
		if err != nil {
			return acc, on, because(err, CodeDataDirUnusable, hint, "cannot write to the database directory")
		}
		if err := file.Close(); err != nil {
			return acc, on, because(err, CodeDataDirUnusable, hint, "cannot write to the database directory")
		}
		if err := acc.own(path); err != nil {
			return acc, on, err
		}
	}
	return acc, on, acc.checkTraversable(ctx, c.pgDir())
}

func checkPlatform() error {
	if supported {
		return nil
	}
	return failure(CodeUnsupported, "use WSL2, or set "+envURL+" to a PostgreSQL server",
		"the private database does not run on this operating system")
}
