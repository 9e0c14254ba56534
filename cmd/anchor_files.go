package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/crypto/ssh"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/signature"
)

// anchorsDir is where the anchors of a project lie, below its root.
const anchorsDir = core.StateDir + "/anchors"

// anchorFiles reads the anchors that lie beside a project, and those that were named.
func (f *Factory) anchorFiles(root string, named []string) ([]core.AnchorFile, error) {
	var files []core.AnchorFile
	if root != "" {
		found, err := besideProject(root)
		if err != nil {
			return nil, err
		}
		files = found
	}
	for _, name := range named {
		raw, err := f.readNamed(name, "anchor")
		if err != nil {
			return nil, err
		}
		// One that lies beside the project is not looked at twice.
		files = slices.DeleteFunc(files, func(k core.AnchorFile) bool { return !k.Named && bytes.Equal(k.Raw, raw) })
		files = append(files, core.AnchorFile{Name: name, Raw: raw, Named: true})
	}
	return files, nil
}

// besideProject reads the anchors in a project's folder. What is no regular file
// there is none of ours.
func besideProject(root string) ([]core.AnchorFile, error) {
	names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(anchorsDir), "*.json"))
	if err != nil {
		return nil, fmt.Errorf("look for anchors: %w", err)
	}
	var files []core.AnchorFile
	for _, name := range names { // in the order of their names
		shown := path.Join(anchorsDir, filepath.Base(name))
		raw, err := readSmallFile(name)
		if err != nil {
			return nil, fault.Failed("file_unreadable", "cannot read the anchor %s: %v", shown, err).WithHint("run `ls -l %s`", shown)
		}
		files = append(files, core.AnchorFile{Name: shown, Raw: raw})
	}
	return files, nil
}

// readNamed reads a small file that the user named.
func (f *Factory) readNamed(name, what string) ([]byte, error) {
	file := name
	if !filepath.IsAbs(file) {
		file = filepath.Join(f.process.Dir, file)
	}
	raw, err := readSmallFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.NotFound("file_not_found", "there is no %s file %s", what, name).WithHint("run `ls -l %s`", filepath.Dir(name))
	case err != nil:
		return nil, fault.Failed("file_unreadable", "cannot read %s: %v", name, err).WithHint("run `ls -l %s`", name)
	}
	return raw, nil
}

// readSigners reads a file of public keys, in the form of authorized_keys or of
// OpenSSH's allowed_signers, where a name and options stand before the key.
func (f *Factory) readSigners(name string) ([]*signature.Key, error) {
	if name == "" {
		return nil, nil
	}
	raw, err := f.readNamed(name, "signers")
	if err != nil {
		return nil, err
	}
	var keys []*signature.Key
	number := 0
	for line := range bytes.Lines(raw) {
		number++
		line = bytes.TrimSpace(line)
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key := signerLine(line)
		if key == nil {
			return nil, fault.Usage("invalid_key", "line %d of %s is no public key", number, name).
				WithHint("run `layercake signer list --allowed-signers` to see what such a file looks like")
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, fault.Usage("invalid_key", "there are no keys in %s", name).
			WithHint("run `layercake signer list --allowed-signers` to see what such a file looks like")
	}
	return keys, nil
}

// signerLine reads one line of keys, or returns nil.
func signerLine(line []byte) *signature.Key {
	public, comment, _, _, err := ssh.ParseAuthorizedKey(line)
	if err != nil {
		principal, rest, _ := bytes.Cut(line, []byte(" "))
		if public, _, _, _, err = ssh.ParseAuthorizedKey(bytes.TrimSpace(rest)); err != nil {
			return nil
		}
		comment = string(principal)
	}
	key, err := signature.ParseKey(ssh.MarshalAuthorizedKey(public))
	if err != nil {
		return nil
	}
	key.Comment = comment
	return key
}

// maxAnchorsADay bounds the names that are tried for a new anchor.
const maxAnchorsADay = 10_000

// writeAnchor keeps an anchor beside a project under a name that is free, and
// returns it. Links out of the project are not followed.
func (f *Factory) writeAnchor(root string, content []byte) (string, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return "", fmt.Errorf("open the project's folder: %w", err)
	}
	defer func() { _ = dir.Close() }() // nothing is written through it itself
	const perm, dirPerm = 0o644, 0o755
	if err := dir.MkdirAll(anchorsDir, dirPerm); err != nil {
		return "", notWritten(anchorsDir, err)
	}
	day := f.process.Now().UTC().Format("2006-01-02")
	for n := 1; n <= maxAnchorsADay; n++ {
		name := path.Join(anchorsDir, day+"-"+strconv.Itoa(n)+".json")
		file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", notWritten(name, err)
		}
		_, err = file.Write(content)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			_ = dir.Remove(name) // half a file is none
			return "", notWritten(name, err)
		}
		return name, nil
	}
	return "", fault.Conflict("too_many_anchors", "there are %d anchors of %s in %s", maxAnchorsADay, day, anchorsDir).
		WithHint("name another file: `layercake audit anchor --help`")
}

func notWritten(name string, err error) error {
	return fault.Failed("file_not_written", "cannot write %s: %v", name, err).WithHint("run `df -h .` and `ls -ld %s`", filepath.Dir(name))
}
