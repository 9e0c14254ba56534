package mcp_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/mcp"
)

// TestNoToolDecides calls every tool with every gate's name in every state of G1,
// in a client that says "approve" to whatever is asked. Nothing that is a
// person's to decide may come of it.
func TestNoToolDecides(t *testing.T) {
	t.Parallel()
	person := func(b *bundle) core.Caller { return b.person }
	first := func(_ any, err error) error { return err }
	for name, bring := range map[string]func(b *bundle) error{
		"in review": func(*bundle) error { return nil },
		"rejected": func(b *bundle) error {
			return first(b.app.Gates.Reject(t.Context(), person(b), b.at.Project, "G1", "no", ""))
		},
		"approved": func(b *bundle) error {
			return first(b.app.Gates.Approve(t.Context(), person(b), b.at, core.Approval{Gate: "G1"}))
		},
		"skipped": func(b *bundle) error {
			return first(b.app.Gates.Skip(t.Context(), person(b), b.at.Project, "G1", "r"))
		},
		"pending": func(b *bundle) error {
			return first(b.app.Gates.Reopen(t.Context(), person(b), b.at.Project, "G1", "r"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := inReview(t)
			require.NoError(t, bring(b))
			before := b.gate(t).Status
			p := sitDown(t, b, false)
			catalogue, err := mcp.Catalogue()
			require.NoError(t, err)
			for _, tool := range catalogue {
				for _, gate := range []string{"G1", "G2", "G3"} {
					p.insist(&tool, gate)
				}
			}
			if after := b.gate(t).Status; after != before {
				require.Contains(t, []project.GateStatus{project.GatePending, project.GateInReview}, after)
			}
			events, err := b.app.Log.Events(t.Context(), b.at.Project, core.EventQuery{Actor: "person:ada", Limit: 1000, Types: []string{
				string(event.GateApproved), string(event.GateApprovedWithConditions), string(event.GateForced), string(event.GateSkipped),
				string(event.GateRejected), string(event.WorkflowChanged), string(event.TrustGranted), string(event.ProofAttested),
				string(event.TaskDeferred), string(event.PhaseReopened), string(event.LevelChanged), string(event.SignerAdded),
			}})
			require.NoError(t, err)
			made := map[string]int{"in review": 0, "pending": 0, "rejected": 1, "approved": 1, "skipped": 1}
			if name == "pending" {
				require.LessOrEqual(t, len(events), 1) // the reopening, by ada
			} else {
				require.Len(t, events, made[name], "more was decided than ada did")
			}
			p.close()
		})
	}
}

// insist calls a tool about a gate and says yes to what it asks.
func (p *person) insist(tool *mcp.Tool, gate string) {
	p.t.Helper()
	var args map[string]any
	require.NoError(p.t, json.Unmarshal(tool.Example, &args))
	if _, ok := args["gate"]; ok || gate == "G1" && tool.Name == "approve_gate" {
		args["gate"] = gate
	}
	id := p.send("tools/call", map[string]any{"name": tool.Name, "arguments": args})
	for {
		m := p.until(func(m *message) bool {
			n, isAnswer := m.ID.(float64)
			return m.Method == "elicitation/create" || (isAnswer && int(n) == id)
		})
		if m.Method == "" {
			require.NotContains(p.t, fmt.Sprint(m.Error), "internal")
			return
		}
		p.write(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": accept("approve")})
	}
}
