package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	hashChars   = 8
	othersPerms = 0o077
	sharedTemp  = "/tmp" // not os.TempDir: short, and the same for every environment
)

// closedSocket is the name of the socket while the supervisor decides whether
// to stop.
const closedSocket = socketFile + ".closing"

// socketFits tells whether a socket in dir can be connected to. In a
// connection string a comma separates hosts.
func socketFits(dir string) bool {
	return len(filepath.Join(dir, socketFile)) <= maxSocketPath && !strings.Contains(dir, ",")
}

// socketDirs are the places for the socket, best first: below the data, or a
// short name elsewhere that is the same for every process of this user.
func (c Config) socketDirs(acc account) []string {
	sum := sha256.Sum256([]byte(c.DataDir))
	hash := hex.EncodeToString(sum[:])[:hashChars]
	dirs := []string{filepath.Join(c.DataDir, "run")}
	// Root's runtime directory is closed to the user who runs the server.
	if c.RuntimeDir != "" && !acc.drop {
		dirs = append(dirs, filepath.Join(c.RuntimeDir, "layercake-"+hash))
	}
	return append(dirs, filepath.Join(sharedTemp, fmt.Sprintf("layercake-%d-%s", acc.uid, hash)))
}

// makeSocketDir creates the directory for the socket, or takes the one that
// exists if it is safe.
func (c Config) makeSocketDir(acc account) (string, error) {
	for _, dir := range c.socketDirs(acc) {
		if !socketFits(dir) {
			continue
		}
		err := os.Mkdir(dir, dirPerm)
		if errors.Is(err, fs.ErrExist) {
			err = checkSocketDir(dir, acc.uid)
		}
		// Also what exists: a start may have been killed between the two.
		if err == nil {
			err = acc.own(dir)
		}
		if err != nil {
			return "", because(err, CodeDataDirUnusable, "set "+envRuntimeDir+" to a directory of yours that exists",
				"cannot create the socket directory %s", dir)
		}
		return dir, nil
	}
	return "", failure(CodeDataDirUnusable, "set "+envDataDir+" to a shorter path",
		"no directory is short enough for a socket (%d bytes)", maxSocketPath)
}

// checkSocketDir refuses a directory that somebody else could have put there
// or could put a socket into. One of the caller's own is not refused: root's
// becomes the server's a moment after it is made, and others may look between.
func checkSocketDir(dir string, uid int) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	const hint = "remove it, or set " + envRuntimeDir + " to a directory of yours"
	if !info.IsDir() {
		return failure(CodeSocketDirUnsafe, hint, "the socket directory %s is not a directory", dir)
	}
	if owner, _, ok := fileOwner(info); ok && owner != uid && owner != os.Getuid() {
		return failure(CodeSocketDirUnsafe, hint, "the socket directory %s belongs to uid %d, not to uid %d", dir, owner, uid)
	}
	if perm := info.Mode().Perm(); perm&othersPerms != 0 {
		return failure(CodeSocketDirUnsafe, "run 'chmod 700 "+dir+"' if it is yours",
			"the socket directory %s is open to others (mode %04o)", dir, perm)
	}
	return nil
}

// removeSocketDir removes what the server left and the directory, if nothing
// else is in it. What has been put in its place meanwhile is not touched.
func removeSocketDir(in instance) error {
	dir := in.SocketDir
	if dir == "" || checkSocketDir(dir, in.UID) != nil {
		return nil //nolint:nilerr // gone, or somebody else's: either way there is nothing of ours to remove
	}
	for _, name := range []string{socketFile, socketFile + ".lock", closedSocket} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
