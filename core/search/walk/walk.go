// Package walk finds the files of a folder that are worth searching, says why
// the others are not, and reads them.
package walk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

// CodeNoFolder is the code of the error for a root that is no folder.
const CodeNoFolder = "search_folder_not_found"

// MaxSize is the size of the largest file that is read, in bytes.
const MaxSize = 1 << 20

// Entry is a file that is worth reading, as it was when it was found.
type Entry struct {
	// Path is relative to the root, with slashes, and valid UTF-8.
	Path    string
	Size    int64
	ModTime time.Time
	Mode    fs.FileMode
	// Tracked says that git knows it; false in folders without git.
	Tracked bool
	// Vendored says that it lies where copies of others' code are kept.
	Vendored bool
}

// Skipped is a file, or a folder as a whole, that is not worth reading or that
// cannot be read.
type Skipped struct {
	// Path is relative to the root, with slashes; that of a folder ends with one.
	Path   string
	Reason Reason
}

// Reason is why a file is skipped.
type Reason string

// The reasons.
const (
	Binary     Reason = "binary"
	Generated  Reason = "generated"
	Minified   Reason = "minified"
	Rendered   Reason = "rendered" // by LayerCake, from a project's records
	TooLarge   Reason = "too-large"
	Ignored    Reason = "ignored" // by .layercakeignore
	Unreadable Reason = "unreadable"
	Symlink    Reason = "symlink"
	Submodule  Reason = "submodule" // or another repository inside of this one
	LFSPointer Reason = "lfs-pointer"
	Empty      Reason = "empty"
	BadName    Reason = "not-utf8-name"
	Irregular  Reason = "not-a-file" // a FIFO, a socket, a device
	Missing    Reason = "missing"    // git knows it, and it is not there; or it went away
	Sparse     Reason = "sparse"     // left out of the checkout
	Vendored   Reason = "vendored"   // others' code that git does not know
	Secret     Reason = "secret"     // a key or a file of passwords
	Changing   Reason = "changing"   // while it was read, twice
	SameFile   Reason = "same-file"  // as one whose name differs in case only
)

// Options say what else holds for a walk.
type Options struct {
	// Env is git's environment ("NAME=value"); that of this process if nil.
	Env []string
}

// IgnoreFile is the name of the files that say what is not to be searched, in
// the form of .gitignore. They may be in any folder.
const IgnoreFile = ".layercakeignore"

// Tree lists the files below root that are worth reading, and those that are
// not, both in the order of their paths. In the work tree of a git repository
// they are those that git tracks, and those that it neither tracks nor ignores;
// in other folders all but the usual results of builds, and what a .gitignore
// names. Symbolic links are not followed.
func Tree(ctx context.Context, root string, opts Options) ([]Entry, []Skipped, error) {
	info, err := os.Stat(root)
	if err != nil || !info.IsDir() {
		return nil, nil, fault.NotFound(CodeNoFolder, "there is no folder %q to search", root).WithHint("ls -ld %q", root).Wrap(err)
	}
	if opts.Env == nil {
		opts.Env = os.Environ()
	}
	w := &walker{root: root, folders: map[string]Reason{}}
	repo := git.AtWith(root, opts.Env)
	files, err := listed(ctx, repo)
	switch code := fault.CodeOf(err); {
	case err == nil:
		w.onlyOnce = foldsCase(ctx, repo)
	case code == git.CodeNotRepo, code == git.CodeMissing, code == git.CodeBare:
		if files, err = w.everything(ctx); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, err
	}
	if err := w.sift(ctx, files); err != nil {
		return nil, nil, err
	}
	return w.entries, w.skipped, nil
}

// file is a path with what is known about it.
type file struct {
	path    string
	tracked bool
	sparse  bool
	// reason says that it is skipped whatever it holds.
	reason Reason
}

type walker struct {
	root     string
	entries  []Entry
	skipped  []Skipped
	folders  map[string]Reason // why nothing in them is read; "" if all is
	onlyOnce bool              // names that differ in case only are one file
}

func (w *walker) skip(path string, why Reason) {
	w.skipped = append(w.skipped, Skipped{Path: path, Reason: why})
}

// sift looks at every file.
func (w *walker) sift(ctx context.Context, files []file) error {
	ignored, err := w.ignoreFiles(files)
	if err != nil {
		return err
	}
	seen := map[string]int{} // entries by their names in lower case
	for i, f := range files {
		if i%1000 == 0 && ctx.Err() != nil {
			return fault.From(ctx.Err())
		}
		why := f.reason
		if why == "" {
			why = byName(f)
		}
		if why == "" && ignored.match(f.path) {
			why = Ignored
		}
		var info fs.FileInfo
		if why == "" {
			info, why = w.look(f)
		}
		if why != "" {
			w.skip(strings.ToValidUTF8(f.path, "\ufffd"), why)
			continue
		}
		if w.onlyOnce && w.isTwin(seen, f.path, info) {
			continue
		}
		w.entries = append(w.entries, Entry{
			Path: f.path, Size: info.Size(), ModTime: info.ModTime(), Mode: info.Mode(), Tracked: f.tracked, Vendored: isVendored(f.path),
		})
	}
	return nil
}

// byName tells what can be told by a path.
func byName(f file) Reason {
	switch {
	case !utf8.ValidString(f.path):
		return BadName
	case isSecret(f.path):
		return Secret
	case !f.tracked && isVendored(f.path):
		return Vendored
	case isBinaryName(f.path):
		return Binary
	case isMinifiedName(f.path):
		return Minified
	case isGeneratedName(f.path):
		return Generated
	}
	return ""
}

// look tells what can be told without reading.
func (w *walker) look(f file) (fs.FileInfo, Reason) {
	if why := w.folder(f.path); why != "" {
		if why == Missing && f.sparse {
			return nil, Sparse
		}
		return nil, why
	}
	info, err := os.Lstat(filepath.Join(w.root, filepath.FromSlash(f.path)))
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.sparse:
		return nil, Sparse
	case err != nil:
		return nil, whyNot(err)
	}
	return info, byInfo(info)
}

// byInfo tells what can be told by what the file system knows.
func byInfo(info fs.FileInfo) Reason {
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		return Symlink
	case mode.IsDir():
		return Submodule
	case !mode.IsRegular():
		return Irregular
	case info.Size() == 0:
		return Empty
	case info.Size() > MaxSize:
		return TooLarge
	}
	return ""
}

// whyNot is the reason behind an error.
func whyNot(err error) Reason {
	if errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "not a directory") {
		return Missing
	}
	return Unreadable
}

// folder tells whether a file's folder is one, and not a link to another: git
// goes on listing what was in it.
func (w *walker) folder(path string) Reason {
	slash := strings.LastIndexByte(path, '/')
	if slash < 0 {
		return ""
	}
	dir := path[:slash]
	if why, ok := w.folders[dir]; ok {
		return why
	}
	why := w.folder(dir)
	if why == "" {
		switch info, err := os.Lstat(filepath.Join(w.root, filepath.FromSlash(dir))); {
		case err != nil:
			why = whyNot(err)
		case info.Mode()&fs.ModeSymlink != 0:
			why = Symlink
		case !info.IsDir():
			why = Missing
		}
	}
	w.folders[dir] = why
	return why
}

// isTwin tells whether a file was listed already by a name that differs in case
// only, where the file system takes them for one. The name on the disk stays.
func (w *walker) isTwin(seen map[string]int, path string, info fs.FileInfo) bool {
	lower := strings.ToLower(path)
	at, ok := seen[lower]
	if !ok {
		seen[lower] = len(w.entries)
		return false
	}
	other, err := os.Lstat(filepath.Join(w.root, filepath.FromSlash(w.entries[at].Path)))
	if err != nil || !os.SameFile(other, info) {
		return false
	}
	names := w.namesIn(path)
	switch has := slices.Contains(names, filepath.Base(path)); {
	case has && slices.Contains(names, filepath.Base(w.entries[at].Path)):
		return false // two names of one file
	case has:
		w.skip(w.entries[at].Path, SameFile)
		w.entries[at].Path = path
	default:
		w.skip(path, SameFile)
	}
	return true
}

// namesIn are the names in the folder of a file.
func (w *walker) namesIn(path string) []string {
	list, err := os.ReadDir(filepath.Dir(filepath.Join(w.root, filepath.FromSlash(path))))
	if err != nil {
		return nil
	}
	names := make([]string, len(list))
	for i, d := range list {
		names[i] = d.Name()
	}
	return names
}
