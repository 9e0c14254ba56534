package git

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// Version is one content that a file had in its history.
type Version struct {
	// Commit brought the content in, at Time.
	Commit string
	Time   time.Time
	// Blob is the content's object id.
	Blob string
	// Content is as git keeps it: before it is given the line ends and filters
	// of the work tree.
	Content []byte
}

// Search says where [FindBlob] looks.
type Search struct {
	// Path is the file's path relative to the folder that is given with it, as it
	// is called now; renames are not followed.
	Path string
	// From names the commits to begin at, such as a branch. Defaults to HEAD.
	From []string
	// Most bounds the commits that are looked at: those that changed the file.
	// Defaults to 1000.
	Most int
	// MaxSize bounds the contents that are looked at, in bytes. Defaults to 16 MB.
	MaxSize int64
}

const (
	searchMost    = 1000
	searchMaxSize = 16 << 20
)

// FindBlob walks the history of a file, newest first, and returns the first
// content that matches, or nil when none does. Each content is shown once,
// however many commits have it. A branch without commits has no history, and
// that is no error; a shallow clone has what it has.
func FindBlob(ctx context.Context, root string, in Search, match func(content []byte) bool) (*Version, error) {
	return At(root).FindBlob(ctx, in, match)
}

// FindBlob is [FindBlob] for this repository.
func (r *Repo) FindBlob(ctx context.Context, in Search, match func(content []byte) bool) (found *Version, err error) {
	if in.Most <= 0 {
		in.Most = searchMost
	}
	if in.MaxSize <= 0 {
		in.MaxSize = searchMaxSize
	}
	if len(in.From) == 0 {
		if _, err := r.Commit(ctx, "HEAD"); fault.CodeOf(err) == CodeNoCommit {
			return nil, nil //nolint:nilnil // a branch without commits: nothing is found
		}
		in.From = []string{"HEAD"}
	}
	for _, name := range in.From {
		if strings.HasPrefix(name, "-") {
			return nil, fault.NotFound(CodeNoCommit, "there is no commit %q in %s", name, r.root).
				WithHint("git -C %q log --oneline -5", r.root)
		}
	}
	running, stop := context.WithCancel(ctx)
	history, err := r.history(running, in)
	if err != nil {
		stop()
		return nil, err
	}
	contents, err := r.contents(running)
	if err != nil {
		stop()
		_ = history.cmd.Wait() // it was stopped
		return nil, err
	}
	found, err = search(history, contents, in.MaxSize, match)
	complete := found == nil && err == nil
	if !complete {
		stop()
	}
	_ = contents.end() // it has answered all that it was asked
	ended := history.cmd.Wait()
	stop()
	if complete && ended != nil {
		return nil, r.failure(ctx, "log", history.stderr.String(), ended)
	}
	if err != nil {
		return nil, fmt.Errorf("search the history of %s: %w", in.Path, err)
	}
	return found, nil
}

func search(history *history, contents *contents, maxSize int64, match func([]byte) bool) (*Version, error) {
	seen := map[string]bool{}
	for {
		v, err := history.next()
		if errors.Is(err, io.EOF) {
			return nil, nil //nolint:nilnil // nothing is found
		}
		if err != nil {
			return nil, err
		}
		if seen[v.Blob] {
			continue
		}
		seen[v.Blob] = true
		content, ok, err := contents.get(v.Blob, maxSize)
		if err != nil {
			return nil, err
		}
		if ok && match(content) {
			v.Content = content
			return v, nil
		}
	}
}

// history reads the versions of a file from git log.
type history struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	stderr bytes.Buffer
	commit string
	time   time.Time
}

// history begins to list the commits that changed a file, those of side branches
// too whose content a merge did not take.
func (r *Repo) history(ctx context.Context, in Search) (*history, error) {
	args := []string{
		"log", "--max-count=" + strconv.Itoa(in.Most), "--full-history", "--diff-merges=first-parent", "--root", "--no-renames",
		"--no-show-signature", "--no-ext-diff", "--raw", "--no-abbrev", "-z", "--format=%x01%H %ct", "--end-of-options",
	}
	args = append(append(args, in.From...), "--", ":(literal)"+in.Path)
	h := &history{cmd: r.command(ctx, Call{Args: args})}
	h.cmd.Stderr = &h.stderr
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	if err := h.cmd.Start(); err != nil {
		return nil, r.failure(ctx, "log", "", err)
	}
	h.out = bufio.NewReader(out)
	return h, nil
}

// next returns the next version, without its content, or io.EOF.
func (h *history) next() (*Version, error) {
	for {
		token, err := h.out.ReadString(0)
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		if err != nil {
			return nil, fmt.Errorf("read the history: %w", err)
		}
		token = strings.Trim(token, "\n\x00")
		if id, at, ok := strings.Cut(strings.TrimPrefix(token, "\x01"), " "); strings.HasPrefix(token, "\x01") && ok {
			seconds, err := strconv.ParseInt(at, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("read the time of a commit: %w", err)
			}
			h.commit, h.time = id, time.Unix(seconds, 0).UTC()
			continue
		}
		// ":oldmode newmode oldid newid status", and then the path by itself
		fields := strings.Fields(token)
		const want, newMode, newID = 5, 1, 3
		if len(fields) != want || !strings.HasPrefix(token, ":") || !strings.HasPrefix(fields[newMode], "100") {
			continue // a path; or no file any more
		}
		return &Version{Commit: h.commit, Time: h.time, Blob: fields[newID]}, nil
	}
}

// contents reads objects from git cat-file.
type contents struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (r *Repo) contents(ctx context.Context) (*contents, error) {
	// What a partial clone left out is not fetched for this.
	cmd := r.command(ctx, Call{Env: []string{"GIT_NO_LAZY_FETCH=1"}, Args: []string{"cat-file", "--batch"}})
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("make a pipe: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, r.failure(ctx, "cat-file", "", err)
	}
	return &contents{cmd: cmd, in: in, out: bufio.NewReader(out)}, nil
}

// end lets the program end, and waits for that.
func (c *contents) end() error { return errors.Join(c.in.Close(), c.cmd.Wait()) }

// get returns an object's content. It is not ok if the object is missing, as in
// a partial clone, or larger than most.
func (c *contents) get(id string, most int64) (content []byte, ok bool, err error) {
	if _, err := io.WriteString(c.in, id+"\n"); err != nil {
		return nil, false, fmt.Errorf("ask for an object: %w", err)
	}
	head, err := c.out.ReadString('\n')
	if err != nil {
		return nil, false, fmt.Errorf("read an object: %w", err)
	}
	fields := strings.Fields(head) // id type size, or id "missing"
	const want = 3
	if len(fields) != want {
		return nil, false, nil
	}
	size, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return nil, false, fmt.Errorf("read the size of an object: %w", err)
	}
	if size > most {
		_, err := io.CopyN(io.Discard, c.out, size+1)
		return nil, false, err
	}
	content = make([]byte, size)
	if _, err := io.ReadFull(c.out, content); err != nil {
		return nil, false, fmt.Errorf("read an object: %w", err)
	}
	if _, err := c.out.Discard(1); err != nil { // the newline after it
		return nil, false, fmt.Errorf("read an object: %w", err)
	}
	return content, true, nil
}
