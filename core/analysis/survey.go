package analysis

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Bounds on what is looked at. They hold a look at a huge monorepo to seconds.
const (
	// maxFiles is the most files that are listed.
	maxFiles = 20_000
	// maxFileBytes is the largest file that is read.
	maxFileBytes = 1 << 20
	// maxTotalBytes is the most that is read to count lines.
	maxTotalBytes = 256 << 20
	// maxEvidence is the most paths that are named for one finding.
	maxEvidence = 5
)

// file is one file of the survey.
type file struct {
	// path is relative to the root, with slashes.
	path string
	size int64
	// lines are the lines that are not empty; 0 until counted.
	lines int
}

// dir returns the folder of the file; "." for the root.
func (f file) dir() string { return path.Dir(f.path) }

// base returns the file's name in lower case.
func (f file) base() string { return strings.ToLower(path.Base(f.path)) }

// survey is the list of a codebase's files.
type survey struct {
	root      *os.Root
	files     []file
	truncated bool
	// texts keeps the manifests that were read.
	texts map[string]string
}

// errEnough ends a walk that has seen enough.
var errEnough = errors.New("enough files")

// walk lists the files below root in lexical order.
func walk(ctx context.Context, root string, limit int) (*survey, error) {
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open the folder: %w", err)
	}
	s := &survey{root: r, texts: map[string]string{}}
	err = fs.WalkDir(r.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if ctxErr := ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		if err != nil {
			if p == "." {
				return err
			}
			// A folder that cannot be read is like one that is not there.
			return fs.SkipDir
		}
		if d.IsDir() {
			if p != "." && s.ignored(p) {
				return fs.SkipDir
			}
			return nil
		}
		if !d.Type().IsRegular() {
			return nil
		}
		if len(s.files) == limit {
			s.truncated = true
			return errEnough
		}
		info, infoErr := d.Info()
		if infoErr != nil {
			return nil //nolint:nilerr // it vanished while we were looking
		}
		s.files = append(s.files, file{path: p, size: info.Size()})
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		s.close()
		return nil, fmt.Errorf("list the files: %w", err)
	}
	return s, nil
}

// close releases the folder.
func (s *survey) close() {
	// Nothing was written, so that there is nothing to lose.
	_ = s.root.Close()
}

// ignored reports whether a folder holds what nobody in the project wrote:
// version control, dependencies, caches, build results.
func (s *survey) ignored(p string) bool {
	name := path.Base(p)
	switch name {
	case ".git", ".hg", ".svn", "node_modules", "bower_components", "vendor", ".venv", "venv",
		"__pycache__", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".next", ".nuxt",
		".svelte-kit", ".gradle", ".terraform", ".idea", ".vscode", ".layercake", "Pods", ".cache":
		return true
	case "target":
		return s.beside(p, "Cargo.toml", "pom.xml")
	case "dist", "build", "out", "coverage":
		return s.beside(p, "package.json", "build.gradle", "build.gradle.kts")
	default:
		return false
	}
}

// beside reports whether one of the named files lies in the same folder as p.
// The walk may not have come to it yet, so that the disk is asked.
func (s *survey) beside(p string, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		_, err := s.root.Lstat(path.Join(path.Dir(p), name))
		return err == nil
	})
}

// read returns the text of a file, or "" when it cannot be read or is too
// large. It keeps what it read, because several questions are asked of the
// same manifests.
func (s *survey) read(p string) string {
	if text, ok := s.texts[p]; ok {
		return text
	}
	data, err := s.load(p)
	if err != nil {
		data = nil
	}
	s.texts[p] = string(data)
	return s.texts[p]
}

// load reads a file of at most maxFileBytes.
func (s *survey) load(p string) ([]byte, error) {
	f, err := s.root.Open(p)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", p, err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", p, err)
	}
	if len(data) > maxFileBytes {
		return nil, fmt.Errorf("read %s: %w", p, errTooLarge)
	}
	return data, nil
}

// errTooLarge says that a file is larger than is read.
var errTooLarge = errors.New("too large")

// has reports whether a file was listed.
func (s *survey) has(p string) bool {
	_, found := slices.BinarySearchFunc(s.files, p, func(f file, p string) int { return comparePaths(f.path, p) })
	return found
}

// comparePaths orders paths as the walk does: folder by folder.
func comparePaths(a, b string) int {
	return slices.Compare(strings.Split(a, "/"), strings.Split(b, "/"))
}

// find lists the paths of the files that match, at most limit of them; 0 means
// all.
func (s *survey) find(limit int, match func(f file) bool) []string {
	var out []string
	for _, f := range s.files {
		if match(f) {
			out = append(out, f.path)
			if len(out) == limit {
				break
			}
		}
	}
	return out
}

// named lists some files with one of the names, in whatever case.
func (s *survey) named(names ...string) []string {
	return s.find(maxEvidence, func(f file) bool { return slices.Contains(names, f.base()) })
}

// countLines counts the lines of the source files.
func (s *survey) countLines(ctx context.Context) error {
	var total int64
	for i, f := range s.files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if languageOf(f) == "" || f.size > maxFileBytes {
			continue
		}
		if total += f.size; total > maxTotalBytes {
			s.truncated = true
			return nil
		}
		data, err := s.load(f.path)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(data) {
			if len(bytes.TrimSpace(line)) > 0 {
				s.files[i].lines++
			}
		}
	}
	return nil
}
