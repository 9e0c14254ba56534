package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/git"
	"github.com/layercake-dev/layercake/markdown"
)

// committed is what an answer tells of git beside its data.
type committed struct {
	*git.Outcome

	// Tags are the tags on approved gates that were made, or why not.
	Tags []git.TagOutcome `json:"tags"`
}

// committer commits what LayerCake wrote, as the settings git.commit and
// git.tag_gates say. What stands against it is a warning, never an error: the
// change itself is recorded.
type committer struct {
	s *session
	c *settings
}

// commits reports whether a change may be followed by a commit or a tag, so that
// an answer can tell of it.
func (f *Factory) commits() bool {
	c, err := f.config()
	return err == nil && c.Render != renderOff && (c.GitCommit != commitOff || c.GitTagGates == renderOn)
}

// committed commits what was written, and returns what an answer tells of it, or
// nil when the settings say that nothing is committed.
func (s *session) committed(ctx context.Context, result *markdown.Result) *committed {
	c, err := s.f.config()
	if err != nil || !s.f.commits() || s.at.Root == "" {
		return nil
	}
	return committer{s, c}.after(ctx, result)
}

func (g committer) after(ctx context.Context, result *markdown.Result) *committed {
	told := &committed{Outcome: &git.Outcome{Files: []string{}}, Tags: []git.TagOutcome{}}
	if g.c.GitCommit != commitOff {
		out, err := g.commit(ctx, result)
		if err != nil {
			g.warn("the files were not committed", err)
		} else {
			told.Outcome = out
			g.say("the files were not committed", out.Skipped)
		}
	}
	if g.c.GitTagGates == renderOn {
		tags, err := g.tags(ctx)
		if err != nil {
			g.warn("the gate was not tagged", err)
		}
		for i := range tags {
			g.say("the gate was not tagged", tags[i].Skipped)
		}
		told.Tags = append(told.Tags, tags...)
	}
	return told
}

func (g committer) warn(what string, err error) {
	e := fault.From(err)
	g.say(what, &git.Skip{Message: e.Message, Hint: e.Hint})
}

func (g committer) say(what string, skipped *git.Skip) {
	if skipped == nil {
		return
	}
	g.s.f.warn("%s: %s", what, skipped.Message)
	if skipped.Hint != "" {
		g.s.f.say("%s %s", cyan.of("hint:"), skipped.Hint)
	}
}

// commit commits the files that are as LayerCake wrote them.
func (g committer) commit(ctx context.Context, result *markdown.Result) (*git.Outcome, error) {
	root := g.s.at.Root
	files, err := g.files(ctx, root, result)
	if err != nil {
		return nil, err
	}
	return git.CommitOnly(ctx, root, git.CommitParams{
		Files: files, Environ: g.s.f.env.list,
		Message: func(ctx context.Context, changes []git.FileChange) (string, error) {
			return g.message(ctx, files, changes)
		},
	})
}

// files reads what may be committed: renderings that nobody edited, and the files
// that LayerCake keeps beside them. The workflow is one of them only as a person
// accepted it.
func (g committer) files(ctx context.Context, root string, result *markdown.Result) ([]git.File, error) {
	var files []git.File
	add := func(rel string, ours func(content []byte) bool) error {
		content, err := readRegular(root, rel)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && ours(content) {
			files = append(files, git.File{Path: rel, Content: content})
		}
		return err
	}
	rendered := func(content []byte) bool {
		stamp, ok := markdown.ParseStamp(content)
		return ok && stamp.Project == g.s.at.Project && !markdown.Edited(content)
	}
	for _, report := range slices.Concat(result.Written, result.Unchanged) {
		if err := add(report.Path, rendered); err != nil {
			return nil, err
		}
	}
	if reports := slices.Concat(result.Written, result.Unchanged); len(reports) > 0 {
		written := func(content []byte) bool { return bytes.Equal(content, markdown.GitAttributes()) }
		if err := add(path.Join(path.Dir(reports[0].Path), ".gitattributes"), written); err != nil {
			return nil, err
		}
	}
	always := func([]byte) bool { return true }
	for _, name := range []string{projectFileName, configFileName, ".gitignore"} {
		if err := add(core.StateDir+"/"+name, always); err != nil {
			return nil, err
		}
	}
	proposal, err := g.s.Workflows.Review(ctx, g.s.at)
	if err != nil || !proposal.Accepted {
		return files, nil //nolint:nilerr // a workflow with mistakes is not committed, and `layercake trust` tells of them
	}
	return files, add(core.WorkflowFile, always)
}

// readRegular reads a file that is no link and leads nowhere else.
func readRegular(root, rel string) ([]byte, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("open the project's folder: %w", err)
	}
	defer func() { _ = dir.Close() }() // read only
	info, err := dir.Lstat(filepath.FromSlash(rel))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	file, err := dir.Open(filepath.FromSlash(rel))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // read only
	return io.ReadAll(file)
}

// decisions are the events that a commit at gates waits for, in a word.
func decisions() map[event.Type]string {
	return map[event.Type]string{
		event.GateApproved: "approved", event.GateApprovedWithConditions: "approved with conditions", event.GateForced: "approved by force",
		event.GateRejected: "rejected", event.GateSkipped: "skipped", event.GateReopened: "reopened", event.PhaseReopened: "reopened",
	}
}

func typeNames(types map[event.Type]string) []string {
	var names []string
	for t := range types {
		names = append(names, string(t))
	}
	return names
}

// message says in a commit what it records, or nothing when that is not to be
// committed now.
func (g committer) message(ctx context.Context, files []git.File, changes []git.FileChange) (string, error) {
	t := g.span(files, changes)
	var newest, decision []event.Envelope
	if t.To > 0 {
		var err error
		q := core.EventQuery{Before: t.To + 1, Limit: 1}
		if newest, err = g.s.Log.Events(ctx, g.s.at.Project, q); err != nil {
			return "", err
		}
		q.Types = typeNames(decisions())
		if decision, err = g.s.Log.Events(ctx, g.s.at.Project, q); err != nil {
			return "", err
		}
	}
	decided := len(decision) > 0 && decision[0].Version >= t.From
	if g.c.GitCommit == commitGates && !decided {
		return "", nil
	}
	if len(newest) > 0 {
		t.Head = newest[0].Hash.String()
	}
	subject := "Record the settings of " + g.s.slug
	switch {
	case decided:
		subject = fmt.Sprintf("Record gate %s of %s: %s", gateOf(&decision[0]), g.s.slug, decisions()[decision[0].Type])
	case t.To > 0 && t.From == t.To:
		subject = fmt.Sprintf("Record event %d of %s: %s", t.To, g.s.slug, newest[0].Type)
	case t.To > 0:
		subject = fmt.Sprintf("Record events %d to %d of %s", t.From, t.To, g.s.slug)
	}
	return fmt.Sprintf("%s\n\n%s", inert(subject), t), nil
}

// span finds out which events left traces in the files since HEAD, by the stamps
// of the renderings before and after.
func (g committer) span(files []git.File, changes []git.FileChange) git.Trailers {
	t := git.Trailers{Project: g.s.at.Project.String()}
	version := func(content []byte) int64 {
		stamp, ok := markdown.ParseStamp(content)
		if !ok || stamp.Project != g.s.at.Project {
			return 0
		}
		return stamp.Version
	}
	var known int64
	for _, f := range files {
		before := f.Content
		if i := slices.IndexFunc(changes, func(c git.FileChange) bool { return c.Path == f.Path }); i >= 0 {
			before = changes[i].Before
		}
		known, t.To = max(known, version(before)), max(t.To, version(f.Content))
	}
	if t.From = known + 1; t.From > t.To {
		t.From, t.To = 0, 0
	}
	return t
}

// gateOf returns the gate that an event is about.
func gateOf(e *event.Envelope) string {
	var about struct {
		Gate  string   `json:"gate"`
		Gates []string `json:"gates"` // of a phase that was reopened
	}
	_ = json.Unmarshal(e.Payload, &about) // another shape is about no gate
	if about.Gate == "" && len(about.Gates) > 0 {
		return strings.Join(about.Gates, ", ")
	}
	return about.Gate
}
