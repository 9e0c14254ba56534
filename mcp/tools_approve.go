package mcp

import (
	"context"
	"fmt"
	"strings"

	mcpgo "github.com/mark3labs/mcp-go/mcp"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

type askApprovalOut struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	// Answer is what the person did: "approve", or what the client reports of a
	// question that was put away.
	Answer string `json:"answer"`
	Level  string `json:"level,omitempty"`
	Next   string `json:"next"`
}

// approveGate has the client ask its person. The agent that calls it neither
// sees the question nor can answer it; what the answer is worth is for the
// project to say.
func approveGate(ctx context.Context, w *work, in gateIn) (*askApprovalOut, error) {
	name, err := w.gate(ctx, in.Gate)
	if err != nil {
		return nil, err
	}
	r, err := w.Gates.Check(ctx, w.at, name)
	if err != nil {
		return nil, err
	}
	if !r.Ready || !r.Presented {
		reasons := r.Reasons
		if !r.Presented {
			reasons = append([]project.Reason{{
				Code: "not_presented", Subject: r.Gate, Message: fmt.Sprintf("gate %s has not been presented", r.Gate),
				Hint: "layercake gate present " + r.Gate,
			}}, reasons...)
		}
		return nil, project.NotReady(r.Gate, reasons)
	}
	g, err := w.Gates.Get(ctx, w.now(), r.Gate)
	if err != nil {
		return nil, err
	}
	answer, err := w.ask(approvalQuestion(g))
	if err != nil {
		return nil, err
	}
	return w.answered(ctx, g, answer)
}

// approvalQuestion asks for the word. What it is about is the gate as it was
// presented, so that an answer does not outlive another presentation.
func approvalQuestion(g *core.GateView) *question {
	return &question{
		message: fmt.Sprintf("Gate %s: %s\n\n%s\n\n%s\n\nType \"approve\" to approve; anything else leaves the gate as it is.",
			g.ID, g.Title, g.Question, clip(g.Brief, maxText)),
		fields: map[string]any{
			"type": "object",
			"properties": map[string]any{
				"word": map[string]any{"type": "string", "title": "Your decision", "description": "approve, or anything else"},
				"note": map[string]any{"type": "string", "title": "Note", "description": "words to keep with the decision"},
			},
			"required": []string{"word"},
		},
		about: fmt.Sprintf("approve %s %d %s", g.ID, g.Version, g.Commit),
	}
}

// answered carries out what the person answered.
func (w *work) answered(ctx context.Context, g *core.GateView, answer *mcpgo.ElicitationResult) (*askApprovalOut, error) {
	out := &askApprovalOut{ID: g.ID, Status: string(g.Status), Answer: string(answer.Action)}
	content, _ := answer.Content.(map[string]any)
	word, _ := content["word"].(string)
	note, _ := content["note"].(string)
	if answer.Action != mcpgo.ElicitationResponseActionAccept || !workflow.ApprovalWord(word) {
		if answer.Action == mcpgo.ElicitationResponseActionAccept {
			out.Answer = line(word)
		}
		out.Next = "the person did not approve; ask them what has to change, or go on with other work"
		return out, nil
	}
	out.Answer = strings.TrimSpace(word)
	p, err := w.Projects.Get(ctx, w.now())
	if err != nil {
		return nil, err
	}
	through := "MCP client " + w.call.session.clientName()
	if p.Level != project.LevelElicited && p.Level != project.LevelDemo {
		if g, err = w.Gates.Request(ctx, w.by, w.at.Project, g.ID, word, through, note); err != nil {
			return nil, err
		}
		out.Status = string(g.Status)
		out.Next = "answers in a client do not approve in this project; the person confirms with `layercake gate approve " + g.ID + "` in their own terminal"
		return out, nil
	}
	person := w.by
	person.Actor = project.Actor{Kind: project.ActorPerson, Name: strings.TrimPrefix(w.by.Actor.OnBehalfOf, "person:"), Session: w.by.Actor.Session}
	person.Presence = project.Presence{Word: word, Through: through, AgentSigns: w.by.Presence.AgentSigns}
	if g, err = w.Gates.Approve(ctx, person, w.at, core.Approval{Gate: g.ID, Note: note}); err != nil {
		return nil, err
	}
	out.Status, out.Level = string(g.Status), string(g.Level)
	out.Next = "the gate is passed; get_next_action says what comes next"
	return out, nil
}
