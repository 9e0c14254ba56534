package cmd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
)

// projectFileVersion is the version of the form of project.yaml.
const projectFileVersion = 1

// The files of a project that are the command line's own.
const (
	projectFileName = "project.yaml"
	configFileName  = "config.yaml"
)

// projectFile is what .layercake/project.yaml says.
type projectFile struct {
	Version  int       `yaml:"version"`
	ID       uuid.UUID `yaml:"id"`
	Slug     string    `yaml:"slug"`
	Database uuid.UUID `yaml:"database"`
	// Name, Type, Preset, Tier and DocsDir are what another database needs to take
	// part.
	Name    string `yaml:"name,omitempty"`
	Type    string `yaml:"type,omitempty"`
	Preset  string `yaml:"preset,omitempty"`
	Tier    string `yaml:"tier,omitempty"`
	DocsDir string `yaml:"docs_dir,omitempty"`
}

// place is where a command was started.
type place struct {
	dir string
	// gitRoot is the nearest folder upwards with a .git, or "".
	gitRoot string
	// root is the folder of the nearest project, or "".
	root    string
	project projectFile
}

// findPlace looks for the nearest project from dir up to the git root, and in
// dir alone outside of a git repository.
func findPlace(dir string) (*place, error) {
	p := &place{dir: dir}
	for at := dir; ; at = filepath.Dir(at) {
		if p.gitRoot == "" && exists(filepath.Join(at, ".git")) {
			p.gitRoot = at
		}
		if p.root == "" && isProject(at) {
			p.root = at
		}
		if p.gitRoot != "" || at == filepath.Dir(at) {
			break
		}
	}
	if p.gitRoot == "" && p.root != dir {
		p.root = "" // a stranger's, such as one in a shared folder above
	}
	if p.root == "" {
		return p, nil
	}
	if err := p.read(); err != nil {
		return p, err
	}
	return p, nil
}

// isProject reports whether a folder has a project, even one that this user may
// not look at: taken for none, it would be made a second time.
func isProject(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, core.StateDir, projectFileName))
	return err == nil || errors.Is(err, fs.ErrPermission) && exists(filepath.Join(dir, core.StateDir))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func (p *place) read() error {
	path := filepath.Join(p.root, core.StateDir, projectFileName)
	data, err := readSmallFile(path)
	if err != nil {
		return fault.Failed("project_file_unreadable", "cannot read %s", path).Wrap(err).WithHint("run `layercake doctor`")
	}
	if err := yaml.Unmarshal(data, &p.project); err != nil {
		return fault.Failed("project_file_invalid", "%s cannot be read: %v", path, err).WithHint("run `git diff -- %s` to see what changed", path)
	}
	switch {
	case p.project.Version > projectFileVersion:
		return fault.Conflict("project_file_newer", "%s was written by a newer LayerCake", path).WithHint("run `layercake version`, then install the newest release")
	case p.project.ID == uuid.Nil:
		return fault.Failed("project_file_invalid", "%s has no project id", path).WithHint("run `git diff -- %s` to see what changed", path)
	}
	return nil
}

// configPath returns the path of the project's configuration, or "" outside of
// one.
func (p *place) configPath() string {
	if p.root == "" {
		return ""
	}
	return filepath.Join(p.root, core.StateDir, configFileName)
}

// writeProjectFile writes .layercake/project.yaml.
func writeProjectFile(root string, content projectFile) error {
	text, err := yaml.Marshal(content)
	if err != nil {
		return fault.Failed("internal", "cannot write %s", projectFileName).
			WithHint("run `layercake doctor`").Wrap(err)
	}
	note := "# The LayerCake project in this folder. Commit this file; it holds no secrets.\n"
	return writeFile(filepath.Join(root, core.StateDir, projectFileName), append([]byte(note), text...), 0o644)
}

// folderMode lets others read what is shared by git anyway; the files that are
// the user's alone have modes of their own.
const folderMode = 0o755

// writeFile writes a file in whole or not at all.
func writeFile(path string, content []byte, mode fs.FileMode) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, folderMode); err != nil {
		return fault.Failed("cannot_write", "cannot make the folder %s", dir).
			WithHint("run `ls -ld %s` to see who may write there", filepath.Dir(dir)).Wrap(err)
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return fault.Failed("cannot_write", "cannot write %s", path).
			WithHint("run `ls -ld %s` to see who may write there", dir).Wrap(err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // the error says more
			err = fault.Failed("cannot_write", "cannot write %s", path).
				WithHint("run `ls -ld %s` and `df %s` to see who may write there and what is free", dir, dir).Wrap(err)
		}
	}()
	_, writeErr := tmp.Write(content)
	err = errors.Join(writeErr, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
