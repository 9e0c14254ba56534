package git

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// maxObject bounds the objects that are read into memory, in bytes.
const maxObject = 64 << 20

// blob is a file as git keeps it.
type blob struct {
	mode filemode.FileMode
	id   string
}

// decoder is an object of go-git that reads itself.
type decoder interface {
	Decode(o plumbing.EncodedObject) error
}

// decode reads an object. Git finds it, wherever it is kept: in packs, in
// another repository, on a server.
func (c *contents) decode(id string, kind plumbing.ObjectType, into decoder) error {
	content, ok, err := c.get(id, maxObject)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("git has no %s %s", kind, id)
	}
	return decode(id, kind, content, into)
}

// decode reads one object from its content.
func decode(id string, kind plumbing.ObjectType, content []byte, into decoder) error {
	o := &plumbing.MemoryObject{}
	o.SetType(kind)
	if _, err := o.Write(content); err != nil {
		return fmt.Errorf("read the %s %s: %w", kind, id, err)
	}
	if err := into.Decode(o); err != nil {
		return fmt.Errorf("read the %s %s: %w", kind, id, err)
	}
	return nil
}

// encode returns an object's content.
func encode(from interface {
	Encode(o plumbing.EncodedObject) error
}) ([]byte, error) {
	o := &plumbing.MemoryObject{}
	if err := from.Encode(o); err != nil {
		return nil, fmt.Errorf("encode an object: %w", err)
	}
	r, err := o.Reader()
	if err != nil {
		return nil, fmt.Errorf("encode an object: %w", err)
	}
	return io.ReadAll(r)
}

// store writes an object, with the permissions and the care for the disk that
// the repository's settings ask for.
func (r *Repo) store(ctx context.Context, kind plumbing.ObjectType, content []byte) (string, error) {
	out, err := r.Do(ctx, Call{Input: content, Args: []string{"hash-object", "-w", "-t", kind.String(), "--stdin"}})
	return strings.TrimSpace(string(out)), err
}

// clean returns the id of a file's content after the filters and the line ends
// that the repository's attributes give it, and writes the object if asked to.
func (r *Repo) clean(ctx context.Context, path string, content []byte, write bool) (string, error) {
	args := []string{"hash-object", "--stdin", "--path=" + path}
	if write {
		args = append(args, "-w")
	}
	out, err := r.Do(ctx, Call{Input: content, Args: args})
	return strings.TrimSpace(string(out)), err
}

// entry looks up a path in a tree. A folder or a submodule on the way, or at its
// end, is reported as it is.
func (c *contents) entry(tree, path string) (e object.TreeEntry, rest string, found bool, err error) {
	for {
		name, below, deeper := strings.Cut(path, "/")
		var t object.Tree
		if err := c.decode(tree, plumbing.TreeObject, &t); err != nil {
			return e, "", false, err
		}
		i := slices.IndexFunc(t.Entries, func(e object.TreeEntry) bool { return e.Name == name })
		if i < 0 {
			return e, "", false, nil
		}
		e = t.Entries[i]
		if !deeper || e.Mode != filemode.Dir {
			return e, below, true, nil
		}
		tree, path = e.Hash.String(), below
	}
}

// grow writes a tree that has other files at some paths, and all else as it was.
// An empty id stands for no tree.
func (r *Repo) grow(ctx context.Context, c *contents, tree string, files map[string]blob) (string, error) {
	var t object.Tree
	if tree != "" {
		if err := c.decode(tree, plumbing.TreeObject, &t); err != nil {
			return "", err
		}
	}
	entries := map[string]object.TreeEntry{}
	for _, e := range t.Entries {
		entries[e.Name] = e
	}
	below := map[string]map[string]blob{}
	for path, b := range files {
		name, rest, deeper := strings.Cut(path, "/")
		if !deeper {
			entries[name] = object.TreeEntry{Name: name, Mode: b.mode, Hash: plumbing.NewHash(b.id)}
			continue
		}
		if below[name] == nil {
			below[name] = map[string]blob{}
		}
		below[name][rest] = b
	}
	for name, files := range below {
		sub := ""
		if e, ok := entries[name]; ok {
			sub = e.Hash.String()
		}
		id, err := r.grow(ctx, c, sub, files)
		if err != nil {
			return "", err
		}
		entries[name] = object.TreeEntry{Name: name, Mode: filemode.Dir, Hash: plumbing.NewHash(id)}
	}
	t.Entries = t.Entries[:0]
	for _, e := range entries {
		t.Entries = append(t.Entries, e)
	}
	sort.Sort(object.TreeEntrySorter(t.Entries))
	content, err := encode(&t)
	if err != nil {
		return "", err
	}
	return r.store(ctx, plumbing.TreeObject, content)
}
