package mcp

import (
	"context"
	"fmt"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/search/walk"
)

// fileTools read and change files, for agents that have no editor of their own.
func fileTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "read_file", Title: "Read a file", Toolset: setFiles, Hints: readsOnly(),
			Description: "Lines of a text file, exactly as they are, but for secrets. Long files come in parts: go on with from_line. " +
				"Paths are relative to the project's folder.",
			SearchHint: "open view cat show content source",
		}, readFileIn{Path: "src/login.go", FromLine: 2}, readFile),
		onProject(Tool{
			Name: "write_file", Title: "Write a file", Toolset: setFiles, Hints: Hints{Destructive: true, Idempotent: true},
			Description: "Write a whole file, and make the folders for it. What was in it is replaced; new_only refuses that. To change a part, use edit_file.",
			SearchHint:  "create save new overwrite",
		}, writeFileIn{Path: "src/limit.go", Content: "package src\n"}, writeFile),
		onProject(Tool{
			Name: "edit_file", Title: "Change a file", Toolset: setFiles, Hints: Hints{Destructive: true},
			Description: "Replace a piece of text in a file. old must be exactly what is there, white space included, and there once; all replaces each.",
			SearchHint:  "modify patch replace update change insert",
		}, editFileIn{Path: "src/login.go", Old: "limit := 3", New: "limit := 5"}, editFile),
		onProject(Tool{
			Name: "delete_file", Title: "Delete a file", Toolset: setFiles, Hints: Hints{Destructive: true},
			Description: "Delete one file. To move a file, write it anew and delete the old one.",
			SearchHint:  "remove rm unlink move rename",
		}, deleteFileIn{Path: "src/old.go"}, deleteFile),
		onProject(Tool{
			Name: "list_files", Title: "List files", Toolset: setFiles, Hints: readsOnly(),
			Description: "The files that git tracks or would, by path. path names a folder; glob a pattern such as *.go, or src/**/*.ts.",
			SearchHint:  "ls find tree directory folder glob",
		}, listFilesIn{Path: "src", Glob: "*.go"}, listFiles),
		onProject(Tool{
			Name: "grep_files", Title: "Search in files", Toolset: setFiles, Hints: readsOnly(),
			Description: "Lines that match a regular expression (Go's syntax), or with literal a text, in the files as they are now. " +
				"search_code finds by meaning.",
			SearchHint: "find text regex rg search occurrences",
		}, grepFilesIn{Pattern: `func \w+Login`, Glob: "*.go"}, grepFiles),
	}
}

const (
	// fileLines is how many lines of a file are shown at a time, and fileBytes how
	// many bytes.
	fileLines = 500
	fileBytes = 14_000
)

type readFileIn struct {
	Path     string `json:"path"                     min:"1"`
	FromLine int    `doc:"1 if left out."            json:"from_line,omitempty" min:"1"`
	Lines    int    `doc:"At most; 500 if left out." json:"lines,omitempty"     max:"2000" min:"1"`
}

type readFileOut struct {
	Path string `json:"path"`
	// From and To are the first and the last line of the text.
	From  int    `json:"from_line"`
	To    int    `json:"to_line"`
	Lines int    `json:"lines"`
	Text  string `json:"text"`
	// Notice says that there is more, and how to get it.
	Notice string `json:"notice,omitempty"`
}

func readFile(ctx context.Context, w *work, in readFileIn) (*readFileOut, error) {
	if in.Lines == 0 {
		in.Lines = fileLines
	}
	f, err := w.WorkFiles.Read(ctx, w.at, in.Path, in.FromLine, in.Lines, fileBytes)
	if err != nil {
		return nil, err
	}
	out := &readFileOut{Path: f.Path, From: f.From, To: f.To, Lines: f.Lines, Text: f.Text}
	switch {
	case f.Cut:
		out.Notice = "the line is longer, and its end is left out; grep_files finds what is in it"
		if f.To < f.Lines {
			out.Notice += "; " + more(f.To+1)
		}
	case f.To < f.Lines:
		out.Notice = more(f.To + 1)
	}
	return out, nil
}

// more says how to read on.
func more(line int) string { return fmt.Sprintf("there is more: call again with from_line %d", line) }

type writeFileIn struct {
	Path    string `json:"path"               min:"1"`
	Content string `doc:"The whole of it."    json:"content"`
	NewOnly bool   `json:"new_only,omitempty"`
}

type writeFileOut struct {
	Path    string `json:"path"`
	Created bool   `json:"created"`
	Bytes   int    `json:"bytes"`
	Lines   int    `json:"lines"`
}

func writeFile(ctx context.Context, w *work, in writeFileIn) (*writeFileOut, error) {
	f, err := w.WorkFiles.Write(ctx, w.at, in.Path, in.Content, in.NewOnly)
	if err != nil {
		return nil, err
	}
	return &writeFileOut{Path: f.Path, Created: f.Created, Bytes: f.Bytes, Lines: f.Lines}, nil
}

type editFileIn struct {
	Path string `json:"path"                         min:"1"`
	Old  string `doc:"The text there, exactly."      json:"old" min:"1"`
	New  string `doc:"The text to put in its place." json:"new"`
	All  bool   `json:"all,omitempty"`
}

type editFileOut struct {
	Path     string `json:"path"`
	Replaced int    `json:"replaced"`
	// Line is where the first change is.
	Line int `json:"line"`
}

func editFile(ctx context.Context, w *work, in editFileIn) (*editFileOut, error) {
	f, err := w.WorkFiles.Edit(ctx, w.at, in.Path, in.Old, in.New, in.All)
	if err != nil {
		return nil, err
	}
	return &editFileOut{Path: f.Path, Replaced: f.Replaced, Line: f.Line}, nil
}

type deleteFileIn struct {
	Path string `json:"path" min:"1"`
}

type deleteFileOut struct {
	Path   string `json:"path"`
	Status string `json:"status"`
}

func deleteFile(ctx context.Context, w *work, in deleteFileIn) (*deleteFileOut, error) {
	if err := w.WorkFiles.Delete(ctx, w.at, in.Path); err != nil {
		return nil, err
	}
	return &deleteFileOut{Path: in.Path, Status: "deleted"}, nil
}

type listFilesIn struct {
	Path string `doc:"Only below this folder." json:"path,omitempty"`
	Glob string `json:"glob,omitempty"`
	paging
}

type fileRow struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

type listFilesOut struct {
	Files []fileRow `json:"files"`
	page
}

func listFiles(ctx context.Context, w *work, in listFilesIn) (*listFilesOut, error) {
	list, err := w.WorkFiles.Files(ctx, w.at, in.Path, in.Glob)
	if err != nil {
		return nil, err
	}
	if in.Limit == 0 {
		in.Limit = manyFiles
	}
	out := &listFilesOut{}
	out.Files, out.page, err = paginate(list, in.paging, func(e *walk.Entry) fileRow { return fileRow{e.Path, e.Size} })
	return out, err
}

type grepFilesIn struct {
	Pattern    string `json:"pattern"                    min:"1"`
	Literal    bool   `json:"literal,omitempty"`
	IgnoreCase bool   `json:"ignore_case,omitempty"`
	Path       string `doc:"Only below this folder."     json:"path,omitempty"`
	Glob       string `json:"glob,omitempty"`
	Limit      int    `doc:"Most lines; 50 if left out." json:"limit,omitempty" max:"200" min:"1"`
}

type matchRow struct {
	Path string `json:"path"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

type grepFilesOut struct {
	Matches []matchRow `json:"matches"`
	Notice  string     `json:"notice,omitempty"`
}

func grepFiles(ctx context.Context, w *work, in grepFilesIn) (*grepFilesOut, error) {
	if in.Limit == 0 {
		in.Limit = defaultLimit
	}
	list, rest, err := w.WorkFiles.Grep(ctx, w.at, core.Grep{
		Pattern: in.Pattern, Literal: in.Literal, IgnoreCase: in.IgnoreCase, Under: in.Path, Glob: in.Glob, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	out := &grepFilesOut{}
	var cut page
	out.Matches, cut, err = fill(list, 0, unknownTotal, in.Limit, func(m *core.GrepMatch) matchRow { return matchRow{m.Path, m.Line, m.Text} })
	if rest || cut.Notice != "" {
		out.Notice = "there are more; narrow it by path, glob or a longer pattern"
	}
	return out, err
}
