package mcp

import (
	"context"
	"fmt"
	"time"

	"github.com/layercake-dev/layercake/core/git"
)

// gitTools look at the repository, and record and bring back its files.
func gitTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "git_status", Title: "Look at the repository", Toolset: setGit, Hints: readsOnly(),
			Description: "Branch, HEAD, what is under way (merge, rebase …), and the files that differ from HEAD: staged, unstaged, untracked (?).",
			SearchHint:  "branch dirty changed files working tree staged",
		}, gitStatusIn{}, gitStatus),
		onProject(Tool{
			Name: "git_log", Title: "List commits", Toolset: setGit, Hints: readsOnly(),
			Description: "Commits, newest first. events names the project's events that a commit of LayerCake records.",
			SearchHint:  "history commits who when messages",
		}, gitLogIn{Paths: []string{"src/"}}, gitLog),
		onProject(Tool{
			Name: "git_diff", Title: "Show differences", Toolset: setGit, Hints: readsOnly(),
			Description: "How tracked files differ: the files as they are from HEAD or another commit, or two commits. names lists files only.",
			SearchHint:  "patch changes compare review",
		}, gitDiffIn{From: "HEAD~3", Names: true}, gitDiff),
		onProject(Tool{
			Name: "checkpoint_commit", Title: "Record the files", Toolset: setGit, Hints: adds(),
			Description: "Record the files as they are, untracked ones too, to come back to. The branch, the index and the files stay as they are. " +
				"Do it before something risky.",
			SearchHint: "checkpoint snapshot save backup stash undo point",
		}, checkpointIn{Text: "before the refactoring"}, checkpointCommit),
		onProject(Tool{
			Name: "restore_checkpoint", Title: "Bring files back", Toolset: setGit, Hints: Hints{Destructive: true},
			Description: "Bring the files back to a checkpoint. What they are now becomes a checkpoint first. dry_run says file by file what would " +
				"be done. remove also removes files made since. Without id: lists the checkpoints.",
			SearchHint: "rollback revert undo reset checkpoint recover",
		}, restoreIn{ID: 1, DryRun: true}, restoreCheckpoint),
	}
}

type gitStatusIn struct {
	paging
}

type gitStatusOut struct {
	Branch    string           `json:"branch,omitempty"`
	Head      string           `json:"head,omitempty"`
	Operation string           `json:"operation,omitempty"`
	Files     []git.FileStatus `json:"files"`
	page
}

func gitStatus(ctx context.Context, w *work, in gitStatusIn) (*gitStatusOut, error) {
	st, err := w.Repository.Status(ctx, w.at)
	if err != nil {
		return nil, err
	}
	out := &gitStatusOut{Branch: st.Branch, Head: st.Commit, Operation: string(st.Operation)}
	out.Files, out.page, err = paginate(st.Files, in.paging, func(f *git.FileStatus) git.FileStatus { return *f })
	return out, err
}

type gitLogIn struct {
	From  string   `doc:"A commit, branch or tag; HEAD if left out." json:"from,omitempty"`
	Paths []string `doc:"Only what touched these."                   json:"paths,omitempty"`
	Limit int      `doc:"20 if left out."                            json:"limit,omitempty" max:"100" min:"1"`
}

type gitLogRow struct {
	Commit  string `json:"commit"`
	At      string `json:"at"`
	Author  string `json:"author"`
	Subject string `json:"subject"`
	Body    string `json:"body,omitempty"`
	Events  string `json:"events,omitempty"`
}

type gitLogOut struct {
	Commits []gitLogRow `json:"commits"`
}

func gitLog(ctx context.Context, w *work, in gitLogIn) (*gitLogOut, error) {
	const many = 20
	if in.Limit == 0 {
		in.Limit = many
	}
	list, err := w.Repository.Log(ctx, w.at, git.LogParams{From: in.From, Paths: in.Paths, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	out := &gitLogOut{Commits: []gitLogRow{}}
	for i := range list {
		e := &list[i]
		row := gitLogRow{Commit: e.Commit, At: e.At.Format(time.RFC3339), Author: line(e.Author), Subject: line(e.Subject), Body: clip(e.Body, maxExcerpt)}
		if e.Events != nil && e.Events.Project == w.at.Project.String() && e.Events.To > 0 {
			row.Body, row.Events = "", fmt.Sprintf("%d-%d", e.Events.From, e.Events.To)
		}
		out.Commits = append(out.Commits, row)
	}
	return out, nil
}

type gitDiffIn struct {
	From  string   `doc:"A commit, branch or tag; HEAD if left out."       json:"from,omitempty"`
	To    string   `doc:"Another; the files as they are if left out."      json:"to,omitempty"`
	Paths []string `json:"paths,omitempty"`
	Names bool     `doc:"Files and how many lines, in place of the patch." json:"names,omitempty"`
}

type gitDiffOut struct {
	Diff string `json:"diff"`
	// Notice says that there is more.
	Notice string `json:"notice,omitempty"`
}

// manyFiles is how many files a reply names.
const manyFiles = 200

// maxDiff bounds a patch, in characters.
const maxDiff = 20_000

func gitDiff(ctx context.Context, w *work, in gitDiffIn) (*gitDiffOut, error) {
	text, err := w.Repository.Diff(ctx, w.at, git.DiffParams{From: in.From, To: in.To, Paths: in.Paths, Names: in.Names})
	if err != nil {
		return nil, err
	}
	out := &gitDiffOut{Diff: clip(text, maxDiff)}
	if out.Diff != text {
		out.Notice = "the rest is left out; name paths, or use names"
	}
	return out, nil
}

type checkpointIn struct {
	Text string `doc:"What it is for." json:"text" min:"1"`
}

type checkpointRow struct {
	ID     int    `json:"id"`
	At     string `json:"at"`
	Branch string `json:"branch,omitempty"`
	Commit string `json:"commit"`
	Text   string `json:"text"`
}

func newCheckpointRow(c *git.Checkpoint) *checkpointRow {
	return &checkpointRow{ID: c.ID, At: c.At.Format(time.RFC3339), Branch: c.Branch, Commit: c.Commit, Text: line(c.Text)}
}

func checkpointCommit(ctx context.Context, w *work, in checkpointIn) (*checkpointRow, error) {
	c, err := w.Checkpoints.Make(ctx, w.by, w.at, in.Text)
	if err != nil {
		return nil, err
	}
	return newCheckpointRow(c), nil
}

type restoreIn struct {
	ID     int  `doc:"Left out: list the checkpoints." json:"id,omitempty" min:"1"`
	Remove bool `json:"remove,omitempty"`
	DryRun bool `json:"dry_run,omitempty"`
}

type restoreOut struct {
	Checkpoints []checkpointRow `json:"checkpoints,omitempty"`
	// Before is the checkpoint of what the files were.
	Before int              `json:"before,omitempty"`
	DryRun bool             `json:"dry_run,omitempty"`
	Files  []git.FileEffect `json:"files,omitempty"`
	page
}

func restoreCheckpoint(ctx context.Context, w *work, in restoreIn) (*restoreOut, error) {
	if in.ID == 0 {
		list, err := w.Checkpoints.List(ctx, w.at)
		if err != nil {
			return nil, err
		}
		out := &restoreOut{}
		out.Checkpoints, out.page, err = paginate(list, paging{}, func(c *git.Checkpoint) checkpointRow { return *newCheckpointRow(c) })
		return out, err
	}
	r, err := w.Checkpoints.Restore(ctx, w.by, w.at, git.RestoreParams{ID: in.ID, Remove: in.Remove, DryRun: in.DryRun})
	if err != nil {
		return nil, err
	}
	out := &restoreOut{DryRun: r.DryRun}
	if r.Before != nil {
		out.Before = r.Before.ID
	}
	out.Files, out.page, err = paginate(r.Files, paging{Limit: manyFiles}, func(f *git.FileEffect) git.FileEffect { return *f })
	return out, err
}
