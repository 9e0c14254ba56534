package proof

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

const execBits fs.FileMode = 0o111

// lookProgram finds the program of a command as the command's own environment
// and directory would: a name with a slash is relative to dir, any other is
// looked for in the PATH of env.
func lookProgram(name, dir string, env []string) (string, error) {
	if strings.ContainsRune(name, filepath.Separator) {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		return path, checkProgram(name, path)
	}
	var denied error
	pathList, _ := lookupEnv(env, "PATH")
	for _, d := range filepath.SplitList(pathList) {
		if d == "" {
			// An empty entry means the current directory; a program of the
			// repository must not stand in for a tool by that.
			continue
		}
		if !filepath.IsAbs(d) {
			d = filepath.Join(dir, d)
		}
		path := filepath.Join(d, name)
		err := checkProgram(name, path)
		if err == nil {
			return path, nil
		}
		if fault.CodeOf(err) == CodeNotExecutable {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", fault.NotFound(CodeNotFound, "command %q was not found in PATH", name).
		WithHint("install it, or see where it is looked for: command -v %s; echo \"$PATH\"", name)
}

func checkProgram(name, path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.IsDir():
		return fault.NotFound(CodeNotFound, "command %q was not found at %s", name, path).
			WithHint("ls -l %s", filepath.Dir(path))
	case err != nil:
		return fault.NotFound(CodeNotFound, "command %q cannot be looked at", name).
			WithHint("ls -ld %s", filepath.Dir(path)).Wrap(err)
	case info.Mode()&execBits == 0:
		return fault.NotAllowed(CodeNotExecutable, "%s is not executable", path).WithHint("ls -l %s", path)
	}
	return nil
}
