package proof

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/layercake-dev/layercake/core/fault"
)

// ReportFile is a report that a command leaves in a file. It is made before the
// command runs, so that a file left over from an earlier run is told from a new
// one.
type ReportFile struct {
	root, rel string
	before    os.FileInfo // nil if there was none
}

// NewReportFile notes the state of the file rel below root.
func NewReportFile(root, rel string) (*ReportFile, error) {
	if !filepath.IsLocal(rel) {
		return nil, fault.Usage(CodeReportPath, "the report %q is not inside of the project", rel).
			WithHint("run `layercake trust --dry-run` to see the reports that the workflow names")
	}
	f := &ReportFile{root: root, rel: rel}
	info, err := os.Stat(filepath.Join(root, rel))
	if err == nil {
		f.before = info
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Failed(CodeReportMissing, "cannot look at the report %s", rel).WithHint("ls -l %s", rel).Wrap(err)
	}
	return f, nil
}

// Open opens the report after the run. It refuses one that the run did not
// write, and one that a link leads out of the project to.
func (f *ReportFile) Open() (io.ReadCloser, error) {
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return nil, fmt.Errorf("open project: %w", err)
	}
	file, err := openRegular(root, f.rel)
	if closeErr := root.Close(); err == nil && closeErr != nil {
		err = errors.Join(closeErr, file.Close())
	}
	if err != nil {
		return nil, fault.NotFound(CodeReportMissing, "the command left no report at %s", f.rel).
			WithHint("ls -l %s", f.rel).Wrap(err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = fault.Failed(CodeReportMissing, "cannot look at the report %s", f.rel).
			WithHint("ls -l %s", f.rel).Wrap(err)
	case f.before != nil && os.SameFile(f.before, info) && f.before.ModTime().Equal(info.ModTime()) && f.before.Size() == info.Size():
		err = fault.Conflict(CodeReportStale, "the report %s was there before and the command did not write it", f.rel).
			WithHint("ls -l %s", f.rel)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// openRegular opens a file. It looks before it opens, because opening a pipe
// would wait for a writer.
func openRegular(root *os.Root, rel string) (*os.File, error) {
	info, err := root.Stat(rel)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", rel)
	}
	return root.Open(rel)
}
