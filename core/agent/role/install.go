package role

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// Install asks for a collection.
type Install struct {
	// Root is the project's folder, and Dir the one that relative paths begin in.
	Root, Dir string
	// Source is an address that git knows, or a folder; Ref a branch, tag or
	// commit.
	Source, Ref string
	// Name is what the collection is called here; by default its source's name.
	Name string
	// ReplaceBuiltin puts its roles in place of built-in ones of the same name.
	ReplaceBuiltin bool
	// DiscardEdits throws away what was changed in the files of the collection.
	DiscardEdits bool
	// DryRun only says what would be done.
	DryRun bool
	// Env is the environment of git.
	Env []string
}

// Installed says what an installation did, or would do.
type Installed struct {
	Collection

	// Before is the commit that was installed before.
	Before string
	// Added, Changed, Removed and Unchanged are the roles, compared to before.
	Added, Changed, Removed, Unchanged []string
	// Skipped are files of the source that are no roles.
	Skipped []string
	// Shadowed are the roles for which the project has files of its own, which
	// count.
	Shadowed []string
}

// Collections lists the collections that are installed in the folder root.
func Collections(root string) ([]Collection, error) {
	dir, err := openDir(root)
	if err != nil || dir == nil {
		return nil, err
	}
	defer func() { _ = dir.Close() }() // read only
	l, err := readLock(dir)
	if err != nil {
		return nil, err
	}
	return l.Collections, nil
}

// Install fetches a collection and copies its roles into the project. Nothing of it
// is run. A collection of that name is replaced.
func (in Install) Install(ctx context.Context) (*Installed, error) {
	name := in.Name
	if name == "" {
		base := strings.TrimSuffix(strings.TrimRight(filepath.ToSlash(in.Source), "/"), ".git")
		name = strings.ToLower(base[strings.LastIndexAny(base, "/:")+1:])
	}
	if !ValidID(name) {
		return nil, fault.Usage("collection_name", "%q is no name for a collection: lower-case letters, digits and hyphens", clip(name)).
			WithHint("name it with --name; see `layercake agent install --help`")
	}
	got, err := fetch(ctx, in.Source, in.Ref, in.Dir, in.Env)
	if err != nil {
		return nil, err
	}
	if err := got.check(name); err != nil {
		return nil, err
	}
	if err := makeDir(in.Root, in.DryRun); err != nil {
		return nil, err
	}
	dir, err := openDir(in.Root)
	if err != nil {
		return nil, err
	}
	if dir == nil { // nothing is made in a dry run
		return in.compare(&lock{Version: lockVersion}, name, got)
	}
	defer func() { _ = dir.Close() }() // what is written is written
	l, err := readLock(dir)
	if err != nil {
		return nil, err
	}
	out, err := in.compare(l, name, got)
	if err != nil {
		return nil, err
	}
	if out.Shadowed, err = shadowed(dir, out.IDs()); err != nil {
		return nil, err
	}
	if err := unedited(dir, name, l.find(name), in.DiscardEdits); err != nil || in.DryRun {
		return out, err
	}
	return out, put(dir, l, &out.Collection, got.files)
}

// check parses every role.
func (f *fetched) check(name string) error {
	if len(f.files) == 0 {
		return fault.NotFound("collection_empty", "%s holds no roles", f.source).
			WithHint("roles are files such as data-steward.md, in the folder %s or at the top", agentsFolder)
	}
	for _, file := range slices.Sorted(maps.Keys(f.files)) {
		if _, err := Parse(path.Join(name, file), f.files[file]); err != nil {
			return err
		}
	}
	return nil
}

// compare says what an installation does to what is there.
func (in Install) compare(l *lock, name string, got *fetched) (*Installed, error) {
	out := &Installed{Skipped: got.skipped, Collection: Collection{
		Name: name, Source: inProject(in.Root, got.source), Ref: in.Ref, Commit: got.commit, Files: map[string]string{},
	}}
	for file, text := range got.files {
		out.Files[file] = digestOf(text)
	}
	out.Digest = out.digest()
	var builtin []string
	for _, id := range out.IDs() {
		if isBuiltin(id) {
			builtin = append(builtin, id)
		}
		for i := range l.Collections {
			if other := &l.Collections[i]; other.Name != name && other.Files[id+extension] != "" {
				return nil, fault.Conflict(CodeTwice, "collections %s and %s both bring a role %s", other.Name, name, id).
					WithHint("one of the two can be installed; `layercake agent collections` lists what is")
			}
		}
	}
	if len(builtin) > 0 && !in.ReplaceBuiltin {
		return nil, fault.Conflict("role_builtin", "%s brings roles that are built in: %s", name, strings.Join(builtin, ", ")).
			WithHint("read them first; --replace-builtin puts them in place of the built-in ones, see `layercake agent install --help`")
	}
	out.Replaces = builtin
	before := l.find(name)
	if before == nil {
		out.Added = out.IDs()
		return out, nil
	}
	if before.Source != out.Source {
		return nil, fault.Conflict("collection_exists", "there is a collection %s already, from %s", name, before.Source).
			WithHint("give this one another name with --name; `layercake agent collections` lists what is installed")
	}
	out.Before = before.Commit
	for _, id := range out.IDs() {
		switch file := id + extension; before.Files[file] {
		case "":
			out.Added = append(out.Added, id)
		case out.Files[file]:
			out.Unchanged = append(out.Unchanged, id)
		default:
			out.Changed = append(out.Changed, id)
		}
	}
	for _, id := range before.IDs() {
		if out.Files[id+extension] == "" {
			out.Removed = append(out.Removed, id)
		}
	}
	return out, nil
}

// inProject names a folder from the project's, if it is in it.
func inProject(root, source string) string {
	if !filepath.IsAbs(source) {
		return source
	}
	if top, err := filepath.EvalSymlinks(root); err == nil {
		if rel, err := filepath.Rel(top, source); err == nil && filepath.IsLocal(rel) {
			return "./" + filepath.ToSlash(rel)
		}
	}
	return source
}

// makeDir makes the folder of roles.
func makeDir(root string, dry bool) error {
	if dry {
		return nil
	}
	top, err := os.OpenRoot(root)
	if err != nil {
		return unreadable(root, err)
	}
	defer func() { _ = top.Close() }() // what is made is made
	const mode = 0o755
	if err := top.MkdirAll(Dir, mode); err != nil {
		return unwritable("", err)
	}
	return nil
}

// shadowed lists the roles that the project has files of its own for.
func shadowed(dir *os.Root, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		switch _, err := dir.Lstat(id + extension); {
		case err == nil:
			out = append(out, id)
		case !errors.Is(err, fs.ErrNotExist):
			return nil, unreadable(path.Join(Dir, id+extension), err)
		}
	}
	return out, nil
}

// unedited refuses to throw away what was changed in the files of a collection.
func unedited(dir *os.Root, name string, c *Collection, discard bool) error {
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return unreadable(path.Join(Dir, name), err)
	case !info.IsDir():
		return unreadable(path.Join(Dir, name), errors.New("it is not a folder"))
	case discard:
		return nil
	}
	entries, err := fs.ReadDir(dir.FS(), name)
	if err != nil {
		return unreadable(path.Join(Dir, name), err)
	}
	for _, e := range entries {
		text := ""
		if c != nil && c.Files[e.Name()] != "" {
			text, err = readFile(dir, path.Join(name, e.Name()))
		}
		if c == nil || err != nil || digestOf(text) != c.Files[e.Name()] {
			return fault.Conflict("collection_edited", "%s did not come with the collection, or was changed since", path.Join(Dir, name, e.Name())).
				WithHint("move your own into %s; --discard-edits throws it away, see `layercake agent install --help`", Dir)
		}
	}
	return nil
}

// put writes a collection: the files into a folder of their own, which then takes
// the place of the old one, then the lock. Whoever looks in between finds that the
// files do not fit, and uses none.
func put(dir *os.Root, l *lock, c *Collection, files map[string]string) error {
	const mode, dirMode = 0o644, 0o755
	fresh, old := "."+c.Name+".new.layercake-tmp", "."+c.Name+".old.layercake-tmp"
	for _, left := range []string{fresh, old} {
		if err := dir.RemoveAll(left); err != nil {
			return unwritable(left, err)
		}
	}
	if err := dir.Mkdir(fresh, dirMode); err != nil {
		return unwritable(fresh, err)
	}
	for name, text := range files {
		if err := dir.WriteFile(path.Join(fresh, name), []byte(text), mode); err != nil {
			return unwritable(path.Join(c.Name, name), err)
		}
	}
	if err := dir.Rename(c.Name, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return unwritable(c.Name, err)
	}
	if err := dir.Rename(fresh, c.Name); err != nil {
		return unwritable(c.Name, err)
	}
	l.Collections = append(slices.DeleteFunc(l.Collections, func(o Collection) bool { return o.Name == c.Name }), *c)
	if err := l.write(dir); err != nil {
		return err
	}
	if err := dir.RemoveAll(old); err != nil {
		return unwritable(old, err)
	}
	return nil
}

// Remove takes a collection out of the project in the folder root, and returns what
// it was.
func Remove(root, name string, discardEdits, dryRun bool) (*Collection, error) {
	dir, err := openDir(root)
	if err != nil {
		return nil, err
	}
	l := &lock{}
	if dir != nil {
		defer func() { _ = dir.Close() }() // what is written is written
		if l, err = readLock(dir); err != nil {
			return nil, err
		}
	}
	c := l.find(name)
	if c == nil {
		var names []string
		for i := range l.Collections {
			names = append(names, l.Collections[i].Name)
		}
		return nil, fault.NotFound("collection_not_found", "there is no collection %q", clip(name)).
			WithNearest(name, names, "layercake agent collections")
	}
	removed := *c
	if err := unedited(dir, name, c, discardEdits); err != nil || dryRun {
		return &removed, err
	}
	l.Collections = slices.DeleteFunc(l.Collections, func(o Collection) bool { return o.Name == name })
	if err := l.write(dir); err != nil {
		return nil, err
	}
	if err := dir.RemoveAll(name); err != nil {
		return nil, unwritable(name, err)
	}
	return &removed, nil
}
