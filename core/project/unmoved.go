package project

import (
	"encoding/json"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// CodeMoved is the code of the error of an [Unmoved] command whose project has
// changed.
const CodeMoved = "project_changed"

// Unmoved carries out a command only if nothing happened since a version of the
// log: it was decided on what was read then.
type Unmoved struct {
	Command

	// Since is that version.
	Since int64
}

// MarshalJSON makes it the same request as the command that it wraps.
func (c *Unmoved) MarshalJSON() ([]byte, error) { return json.Marshal(c.Command) } //nolint:wrapcheck // a pass-through

// Decide decides like the command that it wraps, if nothing happened.
func (c *Unmoved) Decide(s *State, m Meta) ([]event.Payload, error) {
	if m.Version != c.Since {
		return nil, fault.Conflict(CodeMoved, "the project changed while its files were read").
			WithHint("run `layercake sync` again")
	}
	return c.Command.Decide(s, m)
}
