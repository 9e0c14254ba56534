package mcp

import (
	"context"
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// handoffTools keep what one role hands over to another.
func handoffTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "record_handoff", Title: "Hand over to another role", Toolset: setHandoffs, Hints: adds(),
			Description: "Keep what one role hands over to another: what is done, what is not, and what the next one should know.",
			SearchHint:  "pass transfer next agent give over baton",
		}, handoffIn{To: "backend-developer", Notes: "The schema is final; sessions are open."}, recordHandoff),
		onProject(Tool{
			Name: "get_handoffs", Title: "List the handoffs", Toolset: setHandoffs, Hints: readsOnly(),
			Description: "What roles handed over to each other, newest first, by giver, receiver or task.",
			SearchHint:  "received previous agent notes context",
		}, handoffsIn{To: "qa-engineer"}, getHandoffs),
	}
}

type handoffIn struct {
	From         string   `doc:"Your own role if left out."   json:"from,omitempty"`
	To           string   `json:"to"                          min:"1"`
	Task         string   `json:"task,omitempty"`
	Status       string   `enum:"handoff_status"              json:"status,omitempty"`
	Deliverables []string `doc:"Ids, as in get_deliverables." json:"deliverables,omitempty" max:"50"`
	Notes        string   `json:"notes,omitempty"`
}

type handoffRow struct {
	ID           string   `json:"id"`
	From         string   `json:"from"`
	To           string   `json:"to"`
	Status       string   `json:"status"`
	Task         string   `json:"task,omitempty"`
	Run          string   `json:"run,omitempty"`
	Deliverables []string `json:"deliverables,omitempty"`
	Notes        string   `json:"notes,omitempty"`
	At           string   `json:"at"`
}

func newHandoffRow(h *project.Handoff) handoffRow {
	const most = 10
	row := handoffRow{
		ID: project.PrefixHandoff + h.ID, From: h.From, To: h.To, Status: h.Status, Deliverables: few(h.Deliverables, most), Notes: clip(h.Notes, maxExcerpt),
		At: stamp(h.CreatedAt),
	}
	if h.Task != "" {
		row.Task = project.TaskID(h.Task)
	}
	if h.Run != "" {
		row.Run = project.RunID(h.Run)
	}
	return row
}

// ownRole is the role that the agent at work plays, or "".
func (w *work) ownRole() string {
	if w.by.Actor.Kind != project.ActorAgent {
		return ""
	}
	_, roleID, _ := strings.Cut(w.by.Actor.Name, "/")
	return roleID
}

type handoffOut struct {
	ID     string `json:"id"`
	From   string `json:"from"`
	To     string `json:"to"`
	Status string `json:"status"`
}

func recordHandoff(ctx context.Context, w *work, in handoffIn) (*handoffOut, error) {
	if in.From == "" {
		if in.From = w.ownRole(); in.From == "" || in.From == defaultRole {
			return nil, fault.Usage("missing_role", "which role hands over is not said").WithHint("give from; `layercake agent list` lists the roles")
		}
	}
	h, err := w.Agents.HandOff(ctx, w.by, w.at, project.RecordHandoff{
		From: in.From, To: in.To, Task: in.Task, Status: in.Status, Deliverables: in.Deliverables, Notes: in.Notes,
	})
	if err != nil {
		return nil, err
	}
	return &handoffOut{project.PrefixHandoff + h.ID, h.From, h.To, h.Status}, nil
}

type handoffsIn struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	Task string `json:"task,omitempty"`
	paging
}

type handoffsOut struct {
	Handoffs []handoffRow `json:"handoffs"`
	page
}

func getHandoffs(ctx context.Context, w *work, in handoffsIn) (*handoffsOut, error) {
	if in.Task != "" {
		t, err := w.Tasks.Get(ctx, w.now(), in.Task)
		if err != nil {
			return nil, err
		}
		in.Task = t.ID
	}
	all, err := w.Agents.Handoffs(ctx, w.now())
	if err != nil {
		return nil, err
	}
	all = newest(all, len(all))
	kept := all[:0]
	for i := range all {
		h := &all[i]
		if (in.From == "" || h.From == in.From) && (in.To == "" || h.To == in.To) && (in.Task == "" || h.Task == in.Task) {
			kept = append(kept, *h)
		}
	}
	out := &handoffsOut{}
	out.Handoffs, out.page, err = paginate(kept, in.paging, newHandoffRow)
	return out, err
}
