package mcp_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/mcp"
)

// inReview brings the project before G1 with nothing against it but the person.
func inReview(t *testing.T) *bundle {
	t.Helper()
	b := setup(t)
	write(t, b.root, "docs/INTAKE.md", "what: a bakery\n")
	git(t, b.root, "add", ".")
	git(t, b.root, "commit", "-q", "-m", "intake")
	_, err := b.app.Deliverables.Judge(t.Context(), b.person, b.at, "intake", true, "")
	require.NoError(t, err)
	_, err = b.app.Gates.Present(t.Context(), b.person, b.at, "G1")
	require.NoError(t, err)
	return b
}

func (b *bundle) gate(t *testing.T) *core.GateView {
	t.Helper()
	g, err := b.app.Gates.Get(t.Context(), viewOf(b), "G1")
	require.NoError(t, err)
	return g
}

// asked is what a tool answers, or asks, in the newer protocol.
type asked struct {
	Kind     string                     `json:"resultType"`    //nolint:tagliatelle // the protocol's name
	Requests map[string]json.RawMessage `json:"inputRequests"` //nolint:tagliatelle // the protocol's name
	State    string                     `json:"requestState"`  //nolint:tagliatelle // the protocol's name
	result
}

// person is a client with somebody at it.
type person struct {
	*client
}

func sitDown(t *testing.T, b *bundle, modern bool) *person {
	t.Helper()
	c := connect(t, mcp.Config{Env: b.env(), Select: mcp.Selection{Toolsets: []string{"all"}}})
	c.capabilities = map[string]any{"elicitation": map[string]any{}}
	c.modern = modern
	if !modern {
		c.initialize()
	}
	return &person{c}
}

// decide calls the tool and answers its question.
func (p *person) decide(answer map[string]any) asked {
	p.t.Helper()
	args := map[string]any{"name": "approve_gate", "arguments": map[string]any{"gate": "G1"}}
	if p.modern {
		first := p.tool(args)
		require.Equal(p.t, "input_required", first.Kind, first.text())
		require.Contains(p.t, string(first.Requests["person"]), `approve\"`)
		return p.tool(map[string]any{
			"name": "approve_gate", "arguments": map[string]any{"gate": "G1"}, "requestState": first.State,
			"inputResponses": map[string]any{"person": answer},
		})
	}
	id := p.send("tools/call", args)
	q := p.until(func(m *message) bool { return m.Method == "elicitation/create" })
	require.Contains(p.t, string(q.Params), "Bakery")
	p.write(map[string]any{"jsonrpc": "2.0", "id": q.ID, "result": answer})
	return p.got(p.await(id))
}

func (p *person) tool(params map[string]any) asked {
	p.t.Helper()
	return p.got(p.await(p.send("tools/call", params)))
}

func (p *person) got(m message) asked {
	p.t.Helper()
	require.Nil(p.t, m.Error, "%+v", m.Error)
	var a asked
	require.NoError(p.t, json.Unmarshal(m.Result, &a))
	return a
}

func accept(word string) map[string]any {
	return map[string]any{"action": "accept", "content": map[string]any{"word": word, "note": "seen it"}}
}

// TestAnswersInAClientAreRequests holds that what a client reports its person
// said does not approve, unless a person has said that it does.
func TestAnswersInAClientAreRequests(t *testing.T) {
	t.Parallel()
	for name, modern := range map[string]bool{"handshake": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := inReview(t)
			p := sitDown(t, b, modern)
			for _, answer := range []map[string]any{
				{"action": "decline"}, {"action": "cancel"}, accept("ok"), accept(""), {"action": "accept"},
				{"action": "accept", "content": map[string]any{"word": true}}, {"action": "approve", "content": map[string]any{"word": "approve"}},
			} {
				a := p.decide(answer)
				require.False(t, a.IsError, a.text())
				require.Contains(t, string(a.Structured), "did not approve", "%v", answer)
			}
			require.Empty(t, b.gate(t).RequestedThrough)
			a := p.decide(accept("approve"))
			require.Contains(t, string(a.Structured), "do not approve in this project")
			g := b.gate(t)
			require.Equal(t, project.GateInReview, g.Status)
			require.Equal(t, "MCP client test-client", g.RequestedThrough)

			_, err := b.app.Projects.SetLevel(t.Context(), b.person, b.at.Project, project.LevelElicited, "trial")
			require.NoError(t, err)
			a = p.decide(accept("approve"))
			require.Contains(t, string(a.Structured), `"status":"approved"`, a.text())
			g = b.gate(t)
			require.Equal(t, project.LevelElicited, g.Level)
			require.Equal(t, "person:ada", g.DecidedBy)
			require.Equal(t, "seen it", g.Note)
			p.close()
		})
	}
}

// TestAnswersToNothingDoNotCount holds that an answer counts once, for what was
// asked, and not at all when nothing was.
func TestAnswersToNothingDoNotCount(t *testing.T) {
	t.Parallel()
	b := inReview(t)
	_, err := b.app.Projects.SetLevel(t.Context(), b.person, b.at.Project, project.LevelElicited, "trial")
	require.NoError(t, err)
	p := sitDown(t, b, true)
	with := func(state string) map[string]any {
		return map[string]any{
			"name": "approve_gate", "arguments": map[string]any{"gate": "G1"}, "requestState": state,
			"inputResponses": map[string]any{"person": accept("approve")},
		}
	}
	require.Equal(t, "input_required", p.tool(with("")).Kind)
	require.Equal(t, "input_required", p.tool(with("made-up")).Kind)
	state := p.tool(map[string]any{"name": "approve_gate", "arguments": map[string]any{"gate": "G1"}}).State
	_, err = b.app.Gates.Present(t.Context(), b.person, b.at, "G1") // another presentation
	require.NoError(t, err)
	again := p.tool(with(state))
	require.Equal(t, "input_required", again.Kind, "it was about what was presented before")
	require.Equal(t, project.GateInReview, b.gate(t).Status)
	require.Contains(t, string(p.tool(with(again.State)).Structured), `"status":"approved"`)
}

// TestNobodyToAsk holds what clients hear that cannot ask.
func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	b := inReview(t)
	c := connect(t, mcp.Config{Env: b.env(), Select: mcp.Selection{Toolsets: []string{"all"}}})
	c.initialize()
	require.Contains(t, c.fails("approve_gate", map[string]any{"gate": "G1"}), "in their own terminal")
	_, err := mcp.Call(t.Context(), b.env(), "approve_gate", json.RawMessage(`{"gate":"G1"}`))
	require.ErrorContains(t, err, "cannot put a question")
	require.Contains(t, c.fails("approve_gate", map[string]any{"gate": "G3"}), "G3")
	require.Equal(t, project.GateInReview, b.gate(t).Status)
}
