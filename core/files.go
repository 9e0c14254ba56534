package core

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/proof"
	"github.com/layercake-dev/layercake/core/workflow"
)

// StateDir is the folder of LayerCake's own files in a project.
const StateDir = ".layercake"

// DefaultDocsDir is the folder of the markdown files in a project.
const DefaultDocsDir = "docs"

// OwnFiles lists the files and folders that LayerCake writes in a project,
// relative to its root. They never count as part of the tree that evidence is
// about: writing down that a gate was presented must not change what it was
// presented on.
func OwnFiles(docsDir string) []string {
	own := []string{StateDir + "/"}
	names := []string{"STATUS.md", "GATES.md", "TASKS.md", "DECISIONS.md", "MEMORY.md", "INTAKE.md"}
	for _, d := range workflow.TrackingDocuments() {
		names = append(names, path.Base(d.Path))
	}
	for _, name := range names {
		// The second is what a writer that was killed leaves behind.
		own = append(own, path.Join(docsDir, name), path.Join(docsDir, "."+name+".layercake-tmp"))
	}
	return own
}

// treeOptions says which files evidence over the given paths is about.
func treeOptions(p *project.Project, paths []string) proof.TreeOptions {
	return proof.TreeOptions{Paths: paths, Exclude: OwnFiles(p.DocsDir)}
}

// errNoRoot is the answer when a project's folder is not known.
func errNoRoot() error {
	return fault.Usage("no_work_tree", "this needs the project's folder, and it is not known here").
		WithHint("run it inside the project; `layercake project show` names it")
}

// maxFile bounds the files that are kept as artifacts, in bytes.
const maxFile = 256 << 20

// OpenFile opens a regular file of the project in root, whatever links there are
// on the way: a path that leads out of root, or into the files of git or of
// LayerCake itself, is refused, and so is one that changes meanwhile.
func OpenFile(root, rel string) (*os.File, error) {
	refused := fault.NotAllowed("path_outside", "%q is not one of the project's own files", rel).
		WithHint("git's files and those in %s are not read; name another file", StateDir)
	if isPrivate(rel) {
		return nil, refused
	}
	f, err := openInside(root, rel)
	if err != nil {
		return nil, err
	}
	if leadsToPrivate(root, rel, f) {
		_ = f.Close() // nothing was written
		return nil, refused
	}
	return f, nil
}

// leadsToPrivate reports whether the file that was opened by a path is one of
// git's or of LayerCake's own. Links are followed after the file was opened, and
// have to lead to that very file: one that is swapped in between counts as
// private.
func leadsToPrivate(root, rel string, f *os.File) bool {
	base, err := filepath.EvalSymlinks(root)
	if err != nil {
		return true
	}
	target, err := filepath.EvalSymlinks(filepath.Join(base, filepath.FromSlash(rel)))
	if err != nil {
		return true
	}
	inside, err := filepath.Rel(base, target)
	if err != nil || isPrivate(inside) {
		return true
	}
	opened, err := f.Stat()
	if err != nil {
		return true
	}
	found, err := os.Stat(target)
	return err != nil || !os.SameFile(opened, found)
}

// isPrivate reports whether a path names git's or LayerCake's own files, also
// where the file system does not tell case.
func isPrivate(rel string) bool {
	return slices.ContainsFunc(strings.Split(path.Clean(filepath.ToSlash(rel)), "/"), func(part string) bool {
		return strings.EqualFold(part, ".git") || strings.EqualFold(part, StateDir)
	})
}

// openInside opens a regular file below root, whatever links there are on the
// way: a path that leads out of root is refused.
func openInside(root, rel string) (*os.File, error) {
	if !filepath.IsLocal(filepath.FromSlash(rel)) {
		return nil, fault.Usage("path_outside", "%q is not inside of the project", rel).
			WithHint("name it relative to the project's folder; `layercake project show` says where that is")
	}
	r, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open the project's folder: %w", err)
	}
	defer func() { _ = r.Close() }() // the file stays open without it
	// Without waiting for who writes to it, if it is a pipe.
	f, err := r.OpenFile(filepath.FromSlash(rel), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.NotFound("file_not_found", "there is no file %s", rel).
			WithHint("run `layercake project show` to see the folder that it should be in")
	case err != nil:
		return nil, fault.Failed("file_unreadable", "cannot read %s", rel).
			WithHint("run `ls -l %s` in the project's folder", rel).Wrap(err)
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		_ = f.Close() // nothing was written
		return nil, fault.Usage("not_a_file", "%s is not a file", rel).
			WithHint("run `ls -ld %s` in the project's folder", rel)
	}
	if info.Size() > maxFile {
		_ = f.Close() // nothing was written
		return nil, fault.Usage("file_too_large", "%s has %d bytes; at most %d are kept", rel, info.Size(), maxFile).
			WithHint("keep the part of it that matters, or its report")
	}
	return f, nil
}

// fileCheck looks at what is where a deliverable should be: the hash of a file,
// or of the names and contents of all files in a folder.
func fileCheck(ctx context.Context, root, rel string) project.FileCheck {
	if root == "" {
		return project.FileCheck{Problem: "the project's folder is not known here"}
	}
	if isDir(root, rel) {
		tree, err := proof.WorkTree(ctx, root, proof.TreeOptions{Paths: []string{rel}})
		switch {
		case fault.CodeOf(err) == proof.CodeNoFiles:
			return project.FileCheck{}
		case err != nil:
			return project.FileCheck{Problem: err.Error()}
		}
		return project.FileCheck{Exists: tree.Files > 0, SHA256: tree.Digest}
	}
	f, err := OpenFile(root, rel)
	if fault.CodeOf(err) == "file_not_found" {
		return project.FileCheck{}
	}
	if err != nil {
		return project.FileCheck{Problem: err.Error()}
	}
	defer func() { _ = f.Close() }() // read only
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return project.FileCheck{Problem: err.Error()}
	}
	return project.FileCheck{Exists: true, SHA256: hex.EncodeToString(sum.Sum(nil))}
}

func isDir(root, rel string) bool {
	if !filepath.IsLocal(filepath.FromSlash(rel)) {
		return false
	}
	info, err := os.Stat(filepath.Join(root, filepath.FromSlash(rel)))
	return err == nil && info.IsDir()
}
