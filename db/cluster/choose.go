package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// existingMajor is the newest major version that has a data directory here, or
// 0 when there is none.
func (c Config) existingMajor() (int, error) {
	entries, err := os.ReadDir(c.pgDir())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, because(err, CodeDataDirUnusable, "", "cannot read %s", c.pgDir())
	}
	newest := 0
	for _, entry := range entries {
		if major, err := strconv.Atoi(entry.Name()); err == nil && entry.IsDir() {
			newest = max(newest, major)
		}
	}
	if newest == 0 {
		return 0, nil
	}
	return newest, c.checkVersionFile(newest)
}

// checkVersionFile makes sure that the directory is what its name says.
func (c Config) checkVersionFile(major int) error {
	path := filepath.Join(c.dataDir(major), versionFileName)
	text, err := os.ReadFile(path)
	if err != nil {
		return because(err, CodeDataDirUnusable, "move "+c.dataDir(major)+" away to begin with an empty database",
			"%s is not a PostgreSQL data directory", c.dataDir(major))
	}
	if got := strings.TrimSpace(string(text)); got != strconv.Itoa(major) {
		return failure(CodeVersionMismatch, "move "+c.dataDir(major)+" to "+filepath.Join(c.pgDir(), got),
			"%s was made by PostgreSQL %s", c.dataDir(major), got)
	}
	return nil
}

// chooseBinaries picks the binaries that made the data, or the best ones when
// there is no data yet. A server of another major version would refuse the
// data, so it is never tried.
func (c Config) chooseBinaries(ctx context.Context) (Binaries, error) {
	major, err := c.existingMajor()
	if err != nil {
		return Binaries{}, err
	}
	found, err := FindBinaries(ctx, c)
	if major == 0 {
		if err != nil {
			return Binaries{}, err
		}
		return found[0], nil
	}
	var others []string
	for _, b := range found {
		if b.Major == major {
			return b, nil
		}
		others = append(others, strconv.Itoa(b.Major))
	}
	have := "no PostgreSQL is"
	if len(others) > 0 {
		have = "only PostgreSQL " + strings.Join(others, ", ") + " is"
	}
	return Binaries{}, failure(CodeVersionMismatch,
		fmt.Sprintf("install PostgreSQL %d again (on Debian and Ubuntu: apt-get install postgresql-%d), or set %s to its programs", major, major, envBinDir),
		"the database in %s was made by PostgreSQL %d, but %s installed", c.dataDir(major), major, have)
}
