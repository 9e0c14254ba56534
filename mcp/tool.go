package mcp

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	mcpgo "github.com/mark3labs/mcp-go/mcp"

	"github.com/layercake-dev/layercake/core"
)

// Tool is one thing that an agent can do.
type Tool struct {
	// Name is unique, in snake_case, at most 40 characters: clients put
	// "mcp__layercake__" before it and drop what is too long.
	Name string
	// Title names it for people.
	Title string
	// Description says what it does, when to use it and what it answers, in
	// the words that a model would search for.
	Description string
	// SearchHint holds more such words. Models do not see it; clients that load
	// tools on demand search it.
	SearchHint string
	// Toolset is the group that it belongs to.
	Toolset string
	// Hints say what a call may do. All four are always sent: left out, they
	// would mean the worst.
	Hints Hints
	// AlwaysLoad asks clients to show the tool to the model from the start.
	AlwaysLoad bool
	// Input and Output are the schemas of arguments and reply.
	Input, Output *Schema
	// Example holds valid arguments, shown in errors and in the reference.
	Example json.RawMessage

	run func(ctx context.Context, c *call, in json.RawMessage) (any, error)
	err error
}

// Hints say what a call may do.
type Hints struct {
	// ReadOnly: it changes nothing.
	ReadOnly bool
	// Destructive: what it changes may be lost.
	Destructive bool
	// Idempotent: the same call again changes nothing more.
	Idempotent bool
	// OpenWorld: it reaches beyond the project, as commands do.
	OpenWorld bool
}

// The hints of most tools.
func readsOnly() Hints { return Hints{ReadOnly: true, Idempotent: true} }
func adds() Hints      { return Hints{} }
func sets() Hints      { return Hints{Idempotent: true} }

// Env is what tools work with; the command line fills it in.
type Env struct {
	// Open returns LayerCake on the project at hand and on whose behalf it is
	// used. It is called for every tool call, from several goroutines, so it is
	// quick once it has succeeded, tries again after it failed, and fails with
	// a [fault.Error] that says what to do. Required.
	Open func(ctx context.Context) (*core.App, core.Place, core.Caller, error)
	// Discreet takes secrets out of messages. Optional.
	Discreet func(text string) string
	// Published is called after a tool changed the project. Optional.
	Published func(ctx context.Context)
	// Render returns the project's markdown files by name, such as "STATUS.md".
	// Without it, resources hold the JSON of the tools. Optional.
	Render func(s *core.Snapshot) (map[string][]byte, error)
	// Files brings the markdown files and the project in step. Optional.
	Files Files
	// Queues are those in which runs of agents wait. Without them, the tools that look
	// into them say that they cannot. Optional.
	Queues Queues
}

// discreet takes secrets out of a message.
func (e *Env) discreet(text string) string {
	if e.Discreet == nil {
		return text
	}
	return e.Discreet(text)
}

// call is one call of a tool.
type call struct {
	env Env
	// session is the MCP session with its toolsets, or nil for scripts.
	session *toolSession
	// catalogue is where search_tools looks.
	catalogue *catalogue
	// cleaned are the fields out of which secrets were taken, and cleans says that they
	// are kept here also without a session.
	cleaned []string
	cleans  bool
	// progress tells the client that a long call is alive. Never nil.
	progress func(elapsed time.Duration, message string)
	// elicits says that the client can put questions to its person; answers and
	// state are what it sent back of those that were asked.
	elicits bool
	answers mcpgo.InputResponses
	state   string
}

// cleanedNote says that secrets were taken out of what was sent, after a separator.
func (c *call) cleanedNote(separator string) string {
	if len(c.cleaned) == 0 {
		return ""
	}
	return separator + "What looks like a secret was taken out of " + strings.Join(c.cleaned, ", ") +
		" before it was recorded. Do not send secrets to tools."
}

// work is a call with the project at hand.
type work struct {
	*core.App

	at   core.Place
	by   core.Caller
	call *call
}

// now is the view of the project as it is.
func (w *work) now() core.View { return core.View{Project: w.at.Project} }

// published says that the project was changed. What was changed stays so when
// the call is cancelled meanwhile.
func (w *work) published(ctx context.Context) {
	if w.call.env.Published != nil {
		w.call.env.Published(context.WithoutCancel(ctx))
	}
}

// open opens the project.
func (c *call) open(ctx context.Context) (*work, error) {
	app, at, by, err := c.env.Open(ctx)
	if err != nil {
		return nil, err
	}
	if c.session != nil {
		by = c.session.caller(by)
	}
	if c.session != nil || c.cleans {
		by.Cleaned = func(fields []string) { c.cleaned = append(c.cleaned, fields...) }
	}
	return &work{App: app, at: at, by: by, call: c}, nil
}

// onProject completes a tool that works on the project.
func onProject[In, Out any](t Tool, example In, do func(ctx context.Context, w *work, in In) (Out, error)) Tool {
	return onCatalogue(t, example, func(ctx context.Context, c *call, in In) (Out, error) {
		var none Out
		w, err := c.open(ctx)
		if err != nil {
			return none, err
		}
		out, err := do(ctx, w, in)
		if err != nil {
			return none, err
		}
		if !t.Hints.ReadOnly {
			w.published(ctx)
		}
		return out, nil
	})
}

// onCatalogue completes a tool that needs no project.
func onCatalogue[In, Out any](t Tool, example In, do func(ctx context.Context, c *call, in In) (Out, error)) Tool {
	if t.Input, t.err = input(reflect.TypeFor[In]()); t.err != nil {
		t.err = fmt.Errorf("tool %s: %w", t.Name, t.err)
		return t
	}
	if t.Output, t.err = output(reflect.TypeFor[Out]()); t.err != nil {
		t.err = fmt.Errorf("tool %s: reply: %w", t.Name, t.err)
		return t
	}
	if t.Example, t.err = encode(example); t.err != nil {
		return t
	}
	t.run = func(ctx context.Context, c *call, raw json.RawMessage) (any, error) {
		var in In
		clean, problem := check(t.Input, raw)
		if problem != "" {
			return nil, invalidInput(&t, problem)
		}
		if err := json.Unmarshal(clean, &in); err != nil {
			return nil, invalidInput(&t, err.Error())
		}
		return do(ctx, c, in)
	}
	return t
}
