package role

import (
	"fmt"

	"github.com/layercake-dev/layercake/core/fault"
)

// CodeInvalid is the code of errors about a role that cannot be used. The details
// of such an error are a []Problem.
const CodeInvalid = "role_invalid"

// Problem is one thing that is wrong with the file of a role.
type Problem struct {
	File string `json:"file"`
	// Line counts from 1; 0 when the whole file is meant.
	Line int `json:"line,omitempty"`
	// Field is the setting, such as "outputs[2].path".
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// String returns "file:line: message".
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s", p.File, p.Message)
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Message)
}

// maxProblems bounds the list: a file with more is not one that is nearly right.
const maxProblems = 30

// problems collects what is wrong with one file.
type problems struct {
	file string
	list []Problem
}

func (p *problems) add(line int, field, format string, args ...any) {
	if len(p.list) < maxProblems {
		p.list = append(p.list, Problem{File: p.file, Line: line, Field: field, Message: fmt.Sprintf(format, args...)})
	}
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
		WithHint("`layercake agent show orchestrator --raw` shows a role that is right").
		WithDetails(p.list)
}
