package walk

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
)

// listed asks git for its files below the root, and for those that it neither
// tracks nor ignores.
func listed(ctx context.Context, repo *git.Repo) ([]file, error) {
	cached, err := repo.Run(ctx, "ls-files", "-z", "--cached", "--stage", "-t")
	if err != nil {
		return nil, err
	}
	others, err := repo.Run(ctx, "ls-files", "-z", "--others", "--exclude-standard")
	if err != nil {
		return nil, err
	}
	var files []file
	for record := range strings.SplitSeq(string(cached), "\x00") {
		about, name, ok := strings.Cut(record, "\t")
		if !ok || len(files) > 0 && files[len(files)-1].path == name { // in conflict, there are several
			continue
		}
		f := file{path: name, tracked: true, sparse: strings.HasPrefix(about, "S ")}
		if strings.Contains(about, " 160000 ") {
			f.reason = Submodule
		}
		files = append(files, f)
	}
	for name := range strings.SplitSeq(string(others), "\x00") {
		switch {
		case name == "":
		case strings.HasSuffix(name, "/"):
			files = append(files, file{path: name, reason: Submodule})
		default:
			files = append(files, file{path: name})
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	return files, nil
}

// foldsCase tells whether the file system takes names that differ in case only
// for one.
func foldsCase(ctx context.Context, repo *git.Repo) bool {
	out, err := repo.Run(ctx, "config", "--type=bool", "core.ignorecase")
	return err == nil && strings.TrimSpace(string(out)) == "true"
}

// everything lists the files of a folder without git.
func (w *walker) everything(ctx context.Context) ([]file, error) {
	var files []file
	ignored := &ignore{name: ".gitignore"}
	todo := []string{""}
	for len(todo) > 0 {
		dir := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if err := ctx.Err(); err != nil {
			return nil, fault.From(err)
		}
		list, err := os.ReadDir(filepath.Join(w.root, filepath.FromSlash(dir)))
		if err != nil && dir == "" {
			return nil, fault.Failed("search_folder_unreadable", "cannot read the folder %q", w.root).WithHint("ls -ld %q", w.root).Wrap(err)
		}
		if err != nil {
			files = append(files, file{path: dir + "/", reason: whyNot(err)})
			continue
		}
		if err := ignored.read(w.root, dir); err != nil {
			return nil, err
		}
		for _, d := range list {
			name := path.Join(dir, d.Name())
			switch {
			case ignored.matches(name, d.IsDir()), d.IsDir() && isBuildFolder(d.Name()):
			case d.IsDir() && isRepository(filepath.Join(w.root, filepath.FromSlash(name))):
				files = append(files, file{path: name + "/", reason: Submodule})
			case d.IsDir():
				todo = append(todo, name)
			case d.Type()&fs.ModeSymlink != 0:
				files = append(files, file{path: name, reason: Symlink})
			default:
				files = append(files, file{path: name})
			}
		}
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.path, b.path) })
	return files, nil
}

func isRepository(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, ".git"))
	return err == nil
}
