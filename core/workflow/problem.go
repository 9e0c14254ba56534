package workflow

import (
	"fmt"

	"github.com/layercake-dev/layercake/core/fault"
)

// CodeInvalid is the code of errors about a workflow that cannot be used. The
// details of such an error are a []Problem.
const CodeInvalid = "workflow_invalid"

// Problem is one thing that is wrong with a workflow file.
type Problem struct {
	File string `json:"file"`
	// Line and Column count from 1; 0 when the place is not known.
	Line   int `json:"line,omitempty"`
	Column int `json:"column,omitempty"`
	// Path is the key, such as "gates.G5.proofs.lint_output.command".
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

// String returns "file:line:column: message".
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// position is a place in a file.
type position struct{ line, column int }

// problems collects what is wrong with one file.
type problems struct {
	file string
	list []Problem
}

// maxProblems bounds the list: a file with more is not one that is nearly
// right.
const maxProblems = 100

// full reports whether no more problems are recorded.
func (p *problems) full() bool { return len(p.list) >= maxProblems }

// add records a problem.
func (p *problems) add(at position, path, format string, args ...any) {
	if p.full() {
		return
	}
	p.list = append(p.list, Problem{
		File: p.file, Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...),
	})
}

// err returns the collected problems as one error, or nil.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	message := p.list[0].String()
	switch more := len(p.list) - 1; {
	case more == 1:
		message += " (and 1 more problem)"
	case more > 1:
		message += fmt.Sprintf(" (and %d more problems)", more)
	}
	return fault.Usage(CodeInvalid, "%s", message).
		WithHint("layercake help gates").
		WithDetails(p.list)
}
