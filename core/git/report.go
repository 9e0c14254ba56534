package git

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// FileStatus is a file that differs from HEAD, as "git status --short" has it.
type FileStatus struct {
	Path string `json:"path"`
	// Staged and Unstaged are git's letters: M, A, D, R, C, T, U, or ? for files
	// that are not tracked; "" where nothing differs.
	Staged   string `json:"staged"`
	Unstaged string `json:"unstaged"`
}

// Status is where a work tree stands, and what differs from HEAD.
type Status struct {
	Standing

	Files []FileStatus `json:"files"`
}

// Status looks at the whole work tree.
func (r *Repo) Status(ctx context.Context) (*Status, error) {
	st, err := r.stand(ctx)
	if err != nil {
		return nil, err
	}
	out, err := r.Run(ctx, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames", "--", ".")
	if err != nil {
		return nil, err
	}
	s := &Status{Standing: *st, Files: []FileStatus{}}
	for record := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		const before = 3 // two letters and a space
		if len(record) <= before {
			continue
		}
		s.Files = append(s.Files, FileStatus{
			Path: record[before:], Staged: strings.Trim(record[:1], " ?"), Unstaged: strings.TrimSpace(record[1:2]),
		})
	}
	return s, nil
}

// LogEntry is a commit in the history.
type LogEntry struct {
	Commit string    `json:"commit"`
	Author string    `json:"author"`
	At     time.Time `json:"at"`
	// Subject is the first line of the message, and Body what follows it.
	Subject string `json:"subject"`
	Body    string `json:"body"`
	// Events are the trailers that lead to the log, or nil.
	Events *Trailers `json:"events"`
}

// LogParams says which part of a history to list.
type LogParams struct {
	// From is a commit, branch or tag; HEAD if empty.
	From string
	// Paths narrow it to what touched them; relative to the root.
	Paths []string
	// Limit bounds it.
	Limit int
}

// Log lists commits, newest first.
func (r *Repo) Log(ctx context.Context, p LogParams) ([]LogEntry, error) {
	id, err := r.Commit(ctx, first(p.From, "HEAD"))
	if err != nil {
		return nil, err
	}
	args := []string{"log", "-z", "--no-show-signature", "--max-count=" + strconv.Itoa(p.Limit), "--format=%H%x01%an%x01%ct%x01%B", id, "--"}
	out, err := r.Do(ctx, Call{Env: []string{"GIT_LITERAL_PATHSPECS=1"}, Args: append(args, p.Paths...)})
	if err != nil {
		return nil, err
	}
	list := []LogEntry{}
	for record := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		const want = 4
		fields := strings.SplitN(record, "\x01", want)
		if len(fields) != want {
			continue
		}
		seconds, err := strconv.ParseInt(fields[2], 10, 64)
		if err != nil {
			return nil, r.Unexpected("log", []byte(record))
		}
		subject, body, _ := strings.Cut(strings.TrimSpace(fields[3]), "\n")
		e := LogEntry{Commit: fields[0], Author: fields[1], At: time.Unix(seconds, 0).UTC(), Subject: subject, Body: strings.TrimSpace(body)}
		if t, ok := ParseTrailers(fields[3]); ok {
			e.Events = &t
		}
		list = append(list, e)
	}
	return list, nil
}

// DiffParams says what to compare.
type DiffParams struct {
	// From is a commit, branch or tag; HEAD if empty. To is another, or empty for
	// the files as they are.
	From, To string
	// Paths narrow it; relative to the root.
	Paths []string
	// Names lists files and how many lines changed, in place of the changes.
	Names bool
}

// Diff shows how tracked files below the root differ, as a patch. No program of
// the repository's configuration runs.
func (r *Repo) Diff(ctx context.Context, p DiffParams) (string, error) {
	args := []string{"diff", "--no-color", "--no-ext-diff", "--no-textconv", "--relative", "--patch"}
	if p.Names {
		args[len(args)-1] = "--stat=200"
	}
	for _, name := range []string{first(p.From, "HEAD"), p.To} {
		if name == "" {
			continue
		}
		id, err := r.Commit(ctx, name)
		if err != nil {
			return "", err
		}
		args = append(args, id)
	}
	out, err := r.Do(ctx, Call{Env: []string{"GIT_LITERAL_PATHSPECS=1"}, Args: append(append(args, "--"), p.Paths...)})
	return string(out), err
}
