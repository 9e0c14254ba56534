package project

import (
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
)

// ActorKind is what sort of actor does something.
type ActorKind string

// The kinds of actors.
const (
	ActorPerson ActorKind = "person"
	ActorAgent  ActorKind = "agent"
	ActorSystem ActorKind = "system"
	// ActorCI is a machine with a name of its own, which may approve the gates
	// that a person named when they enrolled its key.
	ActorCI ActorKind = "ci"
)

// Actor is who does something.
type Actor struct {
	Kind ActorKind
	// Name is the person's name, or "client/role" for an agent.
	Name string
	// OnBehalfOf is the person behind an agent.
	OnBehalfOf string
	// Session is the client session, or empty.
	Session string
}

// String returns the form in which actors stand in the log, "kind:name".
func (a Actor) String() string {
	if a.Kind == ActorSystem && a.Name == "" {
		return string(ActorSystem)
	}
	return string(a.Kind) + ":" + a.Name
}

// IsPerson reports whether the actor is a person.
func (a Actor) IsPerson() bool { return a.Kind == ActorPerson }

// Meta is what a decision may know of its circumstances.
type Meta struct {
	Actor Actor
	// Now is the time of the decision, never before the last event.
	Now time.Time
	// Version and Head are the end of the log on which the decision builds.
	Version int64
	Head    event.Hash
}

// Command is a wish to change a project.
type Command interface {
	// CommandName names the command in errors and in the table of idempotency
	// keys, such as "task.add".
	CommandName() string
	// Needs says what Decide looks at. Loading less keeps the lock short.
	Needs() Needs
	// Decide returns the events that fulfil the wish, or a [*fault.Error]. No
	// events and no error means that all is as wished already.
	Decide(s *State, m Meta) ([]event.Payload, error)
}

// personOnly refuses everybody but a person.
func personOnly(m Meta, what string) error {
	if m.Actor.IsPerson() {
		return nil
	}
	return fault.NotAllowed("person_required", "only a person can %s; this is %s", what, m.Actor).
		WithHint("ask the person you work for; they can run `layercake status` to see what waits")
}

// exists refuses commands on a project that is not there or put away.
func exists(s *State) error {
	if s.Project == nil {
		return fault.NotFound("project_not_found", "the project does not exist").WithHint("run `layercake project list`")
	}
	if s.Project.Archived {
		return fault.Conflict("project_archived", "project %s is archived", s.Project.Slug).
			WithHint("run `layercake project show` to see it; `layercake project archive --undo` takes it out again")
	}
	return nil
}

// oneOf refuses a value that is not in the list, naming the nearest.
func oneOf[T ~string](field string, value T, valid []T) error {
	names := make([]string, len(valid))
	for i, v := range valid {
		if v == value {
			return nil
		}
		names[i] = string(v)
	}
	return fault.Usage("invalid_"+field, "%s cannot be %q; it is one of %s", strings.ReplaceAll(field, "_", " "), value, strings.Join(names, ", ")).
		WithHint("choose one of %s", strings.Join(names, ", "))
}
