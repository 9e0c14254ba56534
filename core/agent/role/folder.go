package role

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/layercake-dev/layercake/core/fault"
)

// Dir is the folder of a project's roles, below the project's folder.
const Dir = ".layercake/agents"

const extension = ".md"

// The codes of errors about roles that cannot be used.
const (
	// CodeTampered: a file of a collection is not as it was installed.
	CodeTampered = "role_tampered"
	// CodeTwice: two collections bring a role of the same name.
	CodeTwice = "role_twice"
	// CodeUnreadable: a file or folder of roles cannot be read.
	CodeUnreadable = "roles_unreadable"
)

// Set is the roles that a project has.
type Set struct {
	// Roles are those that can be used: the built-in ones first, each replaced
	// by the project's where it has one, then the others by name.
	Roles []Role
	// Broken are files and folders that cannot be used.
	Broken []Broken
}

// Broken is a role that cannot be used.
type Broken struct {
	// ID is the role; empty when a folder is meant. Path is the file, relative to
	// the project's folder.
	ID, Path string
	Err      error
	// blocks says that the role is not to be had in another way.
	blocks bool
}

// Get returns the role with an id. One whose file cannot be used is an error,
// also when there is a built-in role of that name: whoever replaced it does not
// want it.
func (s *Set) Get(id string) (*Role, error) {
	for i := range s.Broken {
		if b := &s.Broken[i]; b.ID == id && b.blocks {
			return nil, b.Err
		}
	}
	r, err := Find(s.Roles, id)
	if err == nil {
		return r, nil
	}
	for i := range s.Broken {
		if s.Broken[i].ID == id {
			return nil, s.Broken[i].Err
		}
	}
	return nil, err
}

// Load reads the roles of a project in the folder root. Without a folder it returns
// the built-in ones. Files that cannot be used are no error: see [Set.Broken].
func Load(root string) (*Set, error) {
	l := loader{own: map[string]bool{}}
	dir, err := openDir(root)
	if err != nil {
		return nil, err
	}
	if dir != nil {
		defer func() { _ = dir.Close() }() // read only
		if err := l.read(dir); err != nil {
			return nil, err
		}
	}
	return l.set(), nil
}

// openDir opens the folder of roles; nil when there is none. A link in its place
// would bring files of other people before a model, and is refused.
func openDir(root string) (*os.Root, error) {
	if root == "" {
		return nil, nil //nolint:nilnil // nothing is no folder and no error
	}
	top, err := os.OpenRoot(root)
	if err != nil {
		return nil, unreadable(root, err)
	}
	defer func() { _ = top.Close() }() // the folder below stays open without it
	for _, name := range []string{path.Dir(Dir), Dir} {
		info, err := top.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, nil //nolint:nilnil // as above
		case err != nil:
			return nil, unreadable(name, err)
		case !info.IsDir():
			return nil, unreadable(name, errors.New("it is not a folder"))
		}
	}
	dir, err := top.OpenRoot(Dir)
	if err != nil {
		return nil, unreadable(Dir, err)
	}
	return dir, nil
}

func unreadable(name string, err error) error {
	return fault.Failed(CodeUnreadable, "%s cannot be read", name).WithHint("run `ls -la %s`", name).Wrap(err)
}

// loader gathers the roles of a project.
type loader struct {
	roles  []Role
	broken []Broken
	// own are the ids of the files that the project has itself.
	own map[string]bool
}

// read reads the folder of roles.
func (l *loader) read(dir *os.Root) error {
	lock, err := readLock(dir)
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return unreadable(Dir, err)
	}
	for _, e := range entries {
		name := e.Name()
		switch {
		case strings.HasPrefix(name, ".") || name == lockFile || strings.EqualFold(name, "README.md"):
		case e.IsDir():
			if lock.find(name) == nil {
				l.extra("", name, fault.NotAllowed(CodeTampered, "the folder %s is in no collection that was installed", path.Join(Dir, name)).
					WithHint("install it with `layercake agent install PATH`, or put its files into %s", Dir))
			}
		case strings.HasSuffix(name, extension):
			l.project(dir, name)
		}
	}
	for i := range lock.Collections {
		l.collection(dir, &lock.Collections[i])
	}
	return nil
}

// fail remembers a file that cannot be used.
func (l *loader) fail(id, file string, err error) {
	l.broken = append(l.broken, Broken{ID: id, Path: path.Join(Dir, file), Err: err, blocks: true})
}

// extra remembers a file that has no business there. It takes nothing away.
func (l *loader) extra(id, file string, err error) {
	l.broken = append(l.broken, Broken{ID: id, Path: path.Join(Dir, file), Err: err})
}

// project reads a file of the project's own.
func (l *loader) project(dir *os.Root, name string) {
	id := strings.TrimSuffix(name, extension)
	l.own[id] = true
	text, err := readFile(dir, name)
	if err != nil {
		l.fail(id, name, err)
		return
	}
	r, err := Parse(path.Join(Dir, name), text)
	if err != nil {
		l.fail(id, name, err)
		return
	}
	r.Source = Source{Kind: SourceProject, Path: path.Join(Dir, name), Replaces: isBuiltin(id)}
	l.roles = append(l.roles, r)
}

// collection reads the files of a collection, if they are as they were installed.
func (l *loader) collection(dir *os.Root, c *Collection) {
	for _, id := range c.IDs() {
		if l.own[id] {
			continue // the project's own role is the one
		}
		name := path.Join(c.Name, id+extension)
		replaces := slices.Contains(c.Replaces, id)
		if isBuiltin(id) && !replaces {
			l.extra(id, name, fault.NotAllowed("role_builtin", "collection %s brings a role %s, which is built in", c.Name, id).
				WithHint("`layercake agent install --help` says how to replace it"))
			continue
		}
		text, err := readFile(dir, name)
		if err == nil && digestOf(text) != c.Files[id+extension] {
			err = fault.NotAllowed(CodeTampered, "%s is not as it was installed from %s", path.Join(Dir, name), c.Source).
				WithHint("a role of your own goes into %s/%s.md; `layercake agent install --help` says how to get the original back", Dir, id)
		}
		var r Role
		if err == nil {
			r, err = Parse(path.Join(Dir, name), text)
		}
		if err != nil {
			l.fail(id, name, err)
			continue
		}
		r.Source = Source{Kind: SourceCollection, Collection: c.Name, Commit: c.Commit, Path: path.Join(Dir, name), Replaces: replaces}
		l.roles = append(l.roles, r)
	}
	l.strays(dir, c)
}

// strays finds files in the folder of a collection that did not come with it.
func (l *loader) strays(dir *os.Root, c *Collection) {
	entries, err := fs.ReadDir(dir.FS(), c.Name)
	if err != nil {
		return // each of its files has failed already
	}
	for _, e := range entries {
		if name := e.Name(); c.Files[name] == "" {
			l.extra(strings.TrimSuffix(name, extension), path.Join(c.Name, name),
				fault.NotAllowed(CodeTampered, "%s did not come with collection %s", path.Join(Dir, c.Name, name), c.Name).
					WithHint("a role of your own goes into %s", Dir))
		}
	}
}

// set decides which role stands for each id.
func (l *loader) set() *Set {
	s := &Set{Broken: l.broken}
	byID := map[string][]Role{}
	for _, r := range l.roles {
		byID[r.ID] = append(byID[r.ID], r)
	}
	for _, b := range builtinIDs() {
		if len(byID[b]) == 0 && !s.blocked(b) {
			byID[b] = []Role{*mustFind(b)}
		}
	}
	ids := builtinIDs()
	for id := range byID {
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids[len(builtinIDs()):])
	for _, id := range ids {
		switch list := byID[id]; {
		case s.blocked(id) || len(list) == 0:
		case len(list) == 1:
			s.Roles = append(s.Roles, list[0])
		default:
			s.Broken = append(s.Broken, Broken{ID: id, Path: list[0].Source.Path, blocks: true, Err: twice(id, list[0].Source.Collection, list[1].Source.Collection)})
		}
	}
	return s
}

func twice(id, one, other string) error {
	return fault.Conflict(CodeTwice, "role %s comes with two collections, %s and %s", id, one, other).
		WithHint("say which one is meant by a role of your own, %s/%s.md; `layercake agent collections` lists what is installed", Dir, id)
}

func (s *Set) blocked(id string) bool {
	return slices.ContainsFunc(s.Broken, func(b Broken) bool { return b.ID == id && b.blocks })
}

func isBuiltin(id string) bool { return slices.Contains(builtinIDs(), id) }

// readFile reads a small regular file. A link is refused, wherever it leads, and so
// is a pipe, which would be waited for.
func readFile(dir *os.Root, name string) (string, error) {
	shown := path.Join(Dir, name)
	info, err := dir.Lstat(name)
	switch {
	case err != nil:
		return "", unreadable(shown, err)
	case !info.Mode().IsRegular():
		return "", unreadable(shown, errors.New("it is no regular file"))
	case info.Size() > MaxSize:
		return "", fault.Usage(CodeInvalid, "%s: the file has %d bytes; at most %d are read", shown, info.Size(), MaxSize).
			WithHint("what the agent is told with every run is to be short")
	}
	f, err := dir.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", unreadable(shown, err)
	}
	defer func() { _ = f.Close() }() // read only
	if opened, err := f.Stat(); err != nil || !os.SameFile(info, opened) {
		return "", unreadable(shown, errors.New("it changed while it was opened"))
	}
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return "", unreadable(shown, err)
	}
	return string(text), nil
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// mustFind returns a built-in role.
func mustFind(id string) *Role {
	r, err := Find(parsedBuiltin(), id)
	if err != nil {
		panic(fmt.Sprintf("the built-in role %s is gone", id))
	}
	return r
}
