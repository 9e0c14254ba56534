package evaluate

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// largestFile is the largest file that is indexed, in bytes.
const largestFile = 1 << 20

// ErrNoClone says that a repository of the data set is not there.
var ErrNoClone = errors.New("no clone of the repository")

// Clone finds a repository's clone in a folder: called like it, with .git at
// its end, or owner+name/repo as a mirror lays it out.
func Clone(ctx context.Context, dir string, r Repository) (string, error) {
	full := strings.TrimSuffix(r.URL, ".git")
	owner := path.Base(path.Dir(full)) + "+" + path.Base(full)

	for _, name := range []string{r.Name, r.Name + ".git", owner, filepath.Join(owner, "repo"), path.Base(full), path.Base(full) + ".git"} {
		place := filepath.Join(dir, name)
		if exec.CommandContext(ctx, "git", "-C", place, "rev-parse", "--git-dir").Run() == nil && isRepository(place) {
			return place, nil
		}
	}

	return "", fmt.Errorf("%w: %s in %s", ErrNoClone, r.Name, dir)
}

// isRepository tells whether a folder is a repository's own: not one of
// another that happens to be around it.
func isRepository(place string) bool {
	for _, name := range []string{".git", "HEAD"} {
		if _, err := os.Stat(filepath.Join(place, name)); err == nil {
			return true
		}
	}

	return false
}

// Files hands out the files of a revision below root, from the repository's
// objects: no work tree is needed or touched. Files whose contents are not
// there, and those too large, are passed over.
func Files(ctx context.Context, clone string, r Repository, each func(name string, text []byte) error) error {
	args := []string{"-C", clone, "ls-tree", "-r", "-z", "-l", r.Revision}
	if r.Root != "" {
		args = append(args, "--", r.Root)
	}

	listed, err := exec.CommandContext(ctx, "git", args...).Output()
	if err != nil {
		return fmt.Errorf("the files of %s at %s are not readable: %w", r.Name, r.Revision, err)
	}

	var (
		names []string
		ask   bytes.Buffer
	)

	for entry := range bytes.SplitSeq(bytes.TrimSuffix(listed, []byte{0}), []byte{0}) {
		meta, name, ok := strings.Cut(string(entry), "\t")
		fields := strings.Fields(meta)

		const mode, kind, object, size = 0, 1, 2, 3
		if !ok || len(fields) <= size || fields[kind] != "blob" || fields[mode] == "120000" {
			continue
		}

		if n, err := strconv.Atoi(fields[size]); err != nil || n > largestFile {
			continue
		}

		names = append(names, name)
		ask.WriteString(fields[object] + "\n")
	}

	return contents(ctx, clone, names, &ask, each)
}

func contents(ctx context.Context, clone string, names []string, ask io.Reader, each func(string, []byte) error) error {
	cmd := exec.CommandContext(ctx, "git", "-C", clone, "cat-file", "--batch")
	cmd.Stdin = ask

	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}

	if err := cmd.Start(); err != nil {
		return fmt.Errorf("git cat-file: %w", err)
	}

	defer func() { _ = cmd.Wait() }()

	in := bufio.NewReader(out)

	for _, name := range names {
		text, found, err := object(in)
		if err != nil {
			return fmt.Errorf("git cat-file %s: %w", name, err)
		}

		if !found {
			continue
		}

		if err := each(name, text); err != nil {
			return err
		}
	}

	return nil
}

// object reads one answer of git cat-file --batch.
func object(in *bufio.Reader) (text []byte, found bool, err error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, false, fmt.Errorf("no answer: %w", err)
	}

	fields := strings.Fields(line)
	const form = 3 // object, type, size; "missing" has two
	if len(fields) != form {
		return nil, false, nil
	}

	size, err := strconv.Atoi(fields[2])
	if err != nil {
		return nil, false, err
	}

	text = make([]byte, size+1)
	_, err = io.ReadFull(in, text)

	return text[:size], true, err
}
