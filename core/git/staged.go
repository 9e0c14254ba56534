package git

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// stagedName is the file in git's folder that says what is being staged, from
// before that begins until the branch has it. Should this process die in between,
// the next one takes what it finds staged for LayerCake's, and not for a person's.
const stagedName = "layercake.staged"

// note remembers the files that are about to be staged, beside those that were
// and may still be.
func (w *work) note() error {
	noted, err := w.st.noted()
	if err != nil {
		return err
	}
	for _, c := range w.changes {
		noted[c.after.id+" "+c.full] = true
	}
	var b strings.Builder
	for record := range noted {
		b.WriteString(record + "\x00")
	}
	path := filepath.Join(w.st.gitDir, stagedName)
	err = os.WriteFile(path+".tmp", []byte(b.String()), 0o600)
	if err == nil {
		err = os.Rename(path+".tmp", path)
	}
	if err != nil {
		return fault.Failed("cannot_write", "cannot write into %s", w.st.gitDir).WithHint("ls -ld %q", w.st.gitDir).Wrap(err)
	}
	return nil
}

// noted returns what was being staged when processes ended early: the ids of
// contents, each with a space and the path from the repository's top.
func (st *Standing) noted() (map[string]bool, error) {
	content, err := os.ReadFile(filepath.Join(st.gitDir, stagedName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	noted := map[string]bool{}
	for record := range strings.SplitSeq(strings.TrimSuffix(string(content), "\x00"), "\x00") {
		if record != "" {
			noted[record] = true
		}
	}
	return noted, nil
}

// forget says that what was staged is committed, or is not staged any more.
func (st *Standing) forget() error {
	err := os.Remove(filepath.Join(st.gitDir, stagedName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// indexLocked reports whether a command failed because another git writes the
// index. By the time one looks, it may be done.
func indexLocked(err error) bool {
	return isFailure(err) && strings.Contains(fault.From(err).Message, "index.lock")
}
