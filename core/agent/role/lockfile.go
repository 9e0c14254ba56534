package role

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// lockFile is the file below [Dir] that says which collections are installed and
// what they consist of.
const lockFile = "collections.json"

// lockVersion is the version of its form.
const lockVersion = 1

// maxLock is the most bytes that it may have.
const maxLock = 1 << 20

// Collection is a number of roles that projects share, as it was installed.
type Collection struct {
	// Name is the folder below [Dir] that it is in.
	Name string `json:"name"`
	// Source is where it came from: an address that git knows, or a folder.
	Source string `json:"source"`
	// Ref is the branch or tag that was asked for; empty for the default branch.
	Ref string `json:"ref,omitempty"`
	// Commit is what that stood for. It is empty for a folder outside of git.
	Commit string `json:"commit,omitempty"`
	// Digest is the SHA-256 over the names and contents of all files.
	Digest string `json:"digest"`
	// Replaces are the built-in roles that it was installed in place of.
	Replaces []string `json:"replaces,omitempty"`
	// Files are the SHA-256 of the files by their names.
	Files map[string]string `json:"files"`
}

// IDs lists the roles of a collection, in order.
func (c *Collection) IDs() []string {
	ids := make([]string, 0, len(c.Files))
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		ids = append(ids, strings.TrimSuffix(name, extension))
	}
	return ids
}

// digest is the SHA-256 over all files.
func (c *Collection) digest() string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		_, _ = fmt.Fprintf(sum, "%s\x00%s\n", name, c.Files[name]) // a hash takes everything
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// lock is the content of the lock file.
type lock struct {
	Version     int          `json:"version"`
	Collections []Collection `json:"collections"`

	// read is the file as it was.
	read []byte
}

func (l *lock) find(name string) *Collection {
	i := slices.IndexFunc(l.Collections, func(c Collection) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &l.Collections[i]
}

// readLock reads the lock file of a folder of roles. Without one nothing is
// installed.
func readLock(dir *os.Root) (*lock, error) {
	l := &lock{Version: lockVersion}
	data, err := readLockBytes(dir)
	if err != nil || data == nil {
		return l, err
	}
	l.read = data
	shown := path.Join(Dir, lockFile)
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return nil, badLock("%s is not as LayerCake writes it: %v", shown, err)
	}
	if l.Version != lockVersion {
		return nil, badLock("%s has version %d; this LayerCake knows version %d", shown, l.Version, lockVersion)
	}
	seen := map[string]bool{}
	for i := range l.Collections {
		c := &l.Collections[i]
		switch {
		case !ValidID(c.Name) || seen[c.Name]:
			return nil, badLock("%s: %q is no name for a collection, or stands twice", shown, clip(c.Name))
		case c.Digest != c.digest():
			return nil, badLock("%s: the digest of %s does not fit its files", shown, c.Name)
		}
		seen[c.Name] = true
		for name := range c.Files {
			if id, ok := strings.CutSuffix(name, extension); !ok || !ValidID(id) {
				return nil, badLock("%s: %q is no name for a role's file", shown, clip(name))
			}
		}
	}
	return l, nil
}

func readLockBytes(dir *os.Root) ([]byte, error) {
	info, err := dir.Lstat(lockFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, unreadable(path.Join(Dir, lockFile), err)
	case !info.Mode().IsRegular() || info.Size() > maxLock:
		return nil, badLock("%s is no file that LayerCake wrote", path.Join(Dir, lockFile))
	}
	data, err := dir.ReadFile(lockFile)
	if err != nil {
		return nil, unreadable(path.Join(Dir, lockFile), err)
	}
	return data, nil
}

func badLock(format string, args ...any) error {
	return fault.NotAllowed("collections_lock_invalid", format, args...).
		WithHint("bring %s back from git: nothing of the collections is used until it is right", path.Join(Dir, lockFile))
}

// write replaces the lock file, unless somebody else did meanwhile.
func (l *lock) write(dir *os.Root) error {
	now, err := readLockBytes(dir)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, l.read) {
		return fault.Conflict("collections_changed", "%s was changed by somebody else meanwhile", path.Join(Dir, lockFile)).
			WithHint("see `layercake agent collections`, and say it again")
	}
	if len(l.Collections) == 0 {
		if err := dir.Remove(lockFile); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unwritable(lockFile, err)
		}
		return nil
	}
	slices.SortFunc(l.Collections, func(a, b Collection) int { return strings.Compare(a.Name, b.Name) })
	data, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return fmt.Errorf("write the list of collections: %w", err)
	}
	return replaceFile(dir, lockFile, append(data, '\n'))
}

// replaceFile writes a file under another name first: it is there whole, or not at
// all.
func replaceFile(dir *os.Root, name string, data []byte) error {
	const mode = 0o644
	tmp := path.Join(path.Dir(name), "."+path.Base(name)+".layercake-tmp")
	if err := dir.WriteFile(tmp, data, mode); err != nil {
		return unwritable(name, err)
	}
	if err := dir.Rename(tmp, name); err != nil {
		return unwritable(name, err)
	}
	return nil
}

func unwritable(name string, err error) error {
	return fault.Failed("roles_unwritable", "%s cannot be written", path.Join(Dir, name)).WithHint("run `ls -la %s`", Dir).Wrap(err)
}
