package walk

import (
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/layercake-dev/layercake/core/fault"
)

// ignore are the patterns of the files of one name, in the form of .gitignore.
type ignore struct {
	name     string
	patterns []gitignore.Pattern
	matcher  gitignore.Matcher
}

// maxIgnoreFile is the size of the largest such file.
const maxIgnoreFile = 1 << 20

// ignoreFiles reads the files named [IgnoreFile]: the root's, and those that are
// listed.
func (w *walker) ignoreFiles(files []file) (*ignore, error) {
	ig := &ignore{name: IgnoreFile}
	if err := ig.read(w.root, ""); err != nil {
		return nil, err
	}
	for _, f := range files {
		if path.Base(f.path) == IgnoreFile && f.path != IgnoreFile && f.reason == "" && w.folder(f.path) == "" {
			if err := ig.read(w.root, path.Dir(f.path)); err != nil {
				return nil, err
			}
		}
	}
	return ig, nil
}

// read takes the patterns of a folder's file, if it has one.
func (ig *ignore) read(root, dir string) error {
	full := filepath.Join(root, filepath.FromSlash(dir), ig.name)
	info, err := os.Lstat(full)
	if err != nil || !info.Mode().IsRegular() {
		return nil //nolint:nilerr // there is none
	}
	content, err := readAtMost(full, maxIgnoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Failed("ignore_file_unreadable", "cannot read %s, which says what is not searched", full).
			WithHint("ls -l %q", full).Wrap(err)
	}
	var domain []string
	if dir != "" && dir != "." {
		domain = strings.Split(dir, "/")
	}
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))))
	lines.Buffer(nil, maxIgnoreFile+1)
	for lines.Scan() {
		line := strings.TrimSuffix(lines.Text(), "\r")
		if trimmed := strings.TrimRight(line, " \t"); trimmed == "" || strings.HasPrefix(line, "#") {
			continue
		} else if !strings.HasSuffix(trimmed, `\`) {
			line = trimmed
		}
		ig.patterns = append(ig.patterns, gitignore.ParsePattern(line, domain))
	}
	ig.matcher = gitignore.NewMatcher(ig.patterns)
	return nil
}

// match tells whether a file, or a folder that it is in, is ignored.
func (ig *ignore) match(name string) bool {
	if len(ig.patterns) == 0 {
		return false
	}
	parts := strings.Split(strings.TrimSuffix(name, "/"), "/")
	for n := 1; n < len(parts); n++ {
		if ig.matcher.Match(parts[:n], true) {
			return true
		}
	}
	return ig.matcher.Match(parts, strings.HasSuffix(name, "/"))
}

// matches is [ignore.match] for a name whose folder is not ignored.
func (ig *ignore) matches(name string, dir bool) bool {
	return len(ig.patterns) > 0 && ig.matcher.Match(strings.Split(name, "/"), dir)
}
