package mcp

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
)

// Toolbox is the catalogue for an agent that LayerCake runs itself, in this process:
// those of the tools that its role names. It is safe for concurrent use.
type Toolbox struct {
	env       Env
	catalogue *catalogue
	tools     []agent.Tool
	allowed   map[string]bool
	role      string
}

var _ core.Toolbox = (*Toolbox)(nil)

// NewToolbox returns the tools of a role. They act as by, in the folder of at, whoever
// and wherever env says.
func NewToolbox(env Env, r *role.Role, by core.Caller, at core.Place) (*Toolbox, error) {
	c, err := newCatalogue()
	if err != nil {
		return nil, err
	}
	open := env.Open
	env.Open = func(ctx context.Context) (*core.App, core.Place, core.Caller, error) {
		app, _, _, err := open(ctx)
		return app, at, by, err
	}
	b := &Toolbox{env: env, catalogue: c, allowed: map[string]bool{}, role: r.ID}
	for _, name := range RoleTools(r.Tools) {
		t := c.byName[name]
		schema, err := encode(t.Input)
		if err != nil {
			return nil, err
		}
		b.tools = append(b.tools, agent.Tool{Name: t.Name, Description: t.Description, Schema: schema})
		b.allowed[t.Name] = true
	}
	return b, nil
}

// RoleTools returns the names of the tools that a list of toolsets and tools stands
// for, in the order of the catalogue. A hyphen before a name takes away, wherever it
// stands. What makes no sense for an agent that LayerCake runs is never among them.
func RoleTools(names []string) []string {
	c, err := newCatalogue()
	if err != nil {
		return nil // a test makes sure that it is none
	}
	var tools []string
	for i := range c.tools {
		t := &c.tools[i]
		named := slices.Contains(names, t.Name) || slices.Contains(names, t.Toolset)
		taken := slices.Contains(names, "-"+t.Name) || slices.Contains(names, "-"+t.Toolset)
		if named && !taken && !slices.Contains(notInRuns(), t.Name) {
			tools = append(tools, t.Name)
		}
	}
	return tools
}

// notInRuns lists the tools that an agent which LayerCake runs never has: those that
// put something to the person at its client, of whom there is none; those that show
// other tools, because its role says which it has; those that work on the files of
// the project's own folder, because it has a work tree; those that only a person may
// use; and the one that would count its tokens twice.
func notInRuns() []string {
	return []string{
		"approve_gate", "search_tools", toolEnableToolset, "sync_markdown", "resolve_sync_conflict",
		"pause_queue", "resume_queue", "set_job_priority", "set_budget", "log_token_usage",
	}
}

// Tools returns the tools as a model is told of them.
func (b *Toolbox) Tools() []agent.Tool { return slices.Clone(b.tools) }

// Close lets go of the tools.
func (*Toolbox) Close() {}

// maxResult bounds what a tool answers to a model, in bytes: more than any reply has
// that keeps its own bounds.
const maxResult = 40_000

// Call calls a tool. What goes wrong is part of the answer, so that the model sees it;
// an error is only that the context ended.
func (b *Toolbox) Call(ctx context.Context, name string, input json.RawMessage) (agent.Result, error) {
	t := b.catalogue.byName[name]
	if t == nil {
		return b.failed(unknownTool(b.catalogue, name)), nil
	}
	if !b.allowed[name] {
		return b.failed(fault.NotAllowed("tool_not_in_role", "%s is not among the tools of %s", name, b.role).
			WithHint("go on without it, or ask for what you need: ask_person, create_query")), nil
	}
	c := &call{env: b.env, catalogue: b.catalogue, cleans: true, progress: func(time.Duration, string) {}}
	out, err := t.call(ctx, c, input)
	switch ended := ctx.Err(); {
	case err != nil && ended != nil:
		return agent.Result{}, ended
	case err != nil:
		return b.failed(err), nil
	}
	text := string(out)
	if len(text) > maxResult {
		text = strings.ToValidUTF8(text[:maxResult], "") + "\n[the rest is left out; ask for less at a time]"
	}
	return agent.Result{Text: text + c.cleanedNote("\n")}, nil
}

func (b *Toolbox) failed(err error) agent.Result {
	if _, ok := errors.AsType[*asking](err); ok {
		err = fault.NotAllowed("person_required", "this needs a person at the client, and there is none").
			WithHint("put it to your person: ask_person")
	}
	return agent.Result{Text: b.env.discreet(sentences(err)), IsError: true}
}
