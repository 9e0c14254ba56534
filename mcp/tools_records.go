package mcp

import (
	"context"
	"fmt"
	"strings"

	"github.com/layercake-dev/layercake/core/project"
)

// decisionTools read decisions and take them back; record_decision makes them.
func decisionTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "get_decisions", Title: "List decisions", Toolset: setDecisions, Hints: readsOnly(),
			Description: "Decisions made, newest first, with what was decided, status and who made them. Filter by status, gate or words. " +
				"export_adr gives one in full.",
			SearchHint: "adr choices why history rationale",
		}, getDecisionsIn{Text: "database"}, getDecisions),
		onProject(Tool{
			Name: "export_adr", Title: "Export a decision as ADR", Toolset: setDecisions, Hints: readsOnly(),
			Description: "One decision in full, as the markdown of an architecture decision record: context, decision, rationale, alternatives, consequences.",
			SearchHint:  "show details document markdown",
		}, idIn{ID: "d-7k3f"}, exportADR),
		onProject(Tool{
			Name: "reverse_decision", Title: "Reverse a decision", Toolset: setDecisions, Hints: Hints{Destructive: true},
			Description: "Say that a decision no longer holds, and why. To replace it by another, use supersedes of record_decision.",
			SearchHint:  "undo revoke withdraw",
		}, reasonIn{ID: "d-7k3f", Reason: "the library is no longer maintained"}, reverseDecision),
	}
}

// memoryTools read what was learnt; add_memory keeps it.
func memoryTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "get_memories", Title: "List memories", Toolset: setMemory, Hints: readsOnly(),
			Description: "What was learnt in this project, newest first. Filter by kind, scope, tag or words.",
			SearchHint:  "remember recall knowledge lessons gotchas patterns",
		}, getMemoriesIn{Kind: "gotcha"}, getMemories),
		onProject(Tool{
			Name: "retract_memory", Title: "Retract a memory", Toolset: setMemory, Hints: Hints{Destructive: true},
			Description: "Say that something remembered is wrong or no longer holds, and why. It is shown no more, but kept.",
			SearchHint:  "forget delete remove wrong outdated",
		}, reasonIn{ID: "m-7k3f", Reason: "fixed upstream"}, retractMemory),
	}
}

type getDecisionsIn struct {
	Status string `enum:"decision_status"         json:"status,omitempty"`
	Gate   string `json:"gate,omitempty"`
	Text   string `doc:"Words in any part of it." json:"text,omitempty"`
	paging
}

type getDecisionsOut struct {
	Decisions []decisionRow `json:"decisions"`
	page
}

func getDecisions(ctx context.Context, w *work, in getDecisionsIn) (*getDecisionsOut, error) {
	all, err := w.Records.Decisions(ctx, w.now())
	if err != nil {
		return nil, err
	}
	all = keep(all, func(d *project.Decision) bool {
		return (in.Status == "" || string(d.Status) == in.Status) && (in.Gate == "" || strings.EqualFold(d.Gate, in.Gate)) &&
			contains(strings.Join([]string{d.Title, d.Decision, d.Context, d.Rationale, d.Consequences, strings.Join(d.Alternatives, "\n")}, "\n"), in.Text)
	})
	out := &getDecisionsOut{}
	out.Decisions, out.page, err = paginate(newest(all, len(all)), in.paging, newDecisionRow)
	return out, err
}

// keep returns the entries that a filter lets through.
func keep[T any](list []T, filter func(*T) bool) []T {
	kept := make([]T, 0, len(list))
	for i := range list {
		if filter(&list[i]) {
			kept = append(kept, list[i])
		}
	}
	return kept
}

type exportOut struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Markdown string `json:"markdown"`
}

func exportADR(ctx context.Context, w *work, in idIn) (*exportOut, error) {
	d, err := w.Records.Decision(ctx, w.now(), in.ID)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nStatus: %s", d.Title, d.Status)
	if d.SupersededBy != "" {
		fmt.Fprintf(&b, " by %s%s", project.PrefixDecision, d.SupersededBy)
	}
	if d.ReversedReason != "" {
		fmt.Fprintf(&b, " (%s)", d.ReversedReason)
	}
	fmt.Fprintf(&b, "\nDate: %s\nBy: %s\n", stamp(d.CreatedAt), d.CreatedBy)
	for _, part := range []struct{ title, text string }{
		{"Context", d.Context}, {"Decision", d.Decision}, {"Rationale", d.Rationale}, {"Alternatives", bullets(d.Alternatives)}, {"Consequences", d.Consequences},
	} {
		if part.text != "" {
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", part.title, part.text)
		}
	}
	return &exportOut{ID: d.ShortID, Status: string(d.Status), Markdown: clip(b.String(), maxReply)}, nil
}

func bullets(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "- " + strings.Join(list, "\n- ")
}

func reverseDecision(ctx context.Context, w *work, in reasonIn) (*recordChanged, error) {
	d, err := w.Records.ReverseDecision(ctx, w.by, w.at.Project, in.ID, in.Reason)
	if err != nil {
		return nil, err
	}
	return &recordChanged{ID: d.ShortID, Status: string(d.Status), Title: line(d.Title)}, nil
}

type getMemoriesIn struct {
	Kind      string `enum:"memory_kind"                    json:"kind,omitempty"`
	Scope     string `enum:"memory_scope"                   json:"scope,omitempty"`
	Tag       string `json:"tag,omitempty"`
	Text      string `doc:"Words in title or content."      json:"text,omitempty"`
	Retracted bool   `doc:"Also those that were retracted." json:"retracted,omitempty"`
	paging
}

type getMemoriesOut struct {
	Memories []memoryRow `json:"memories"`
	page
}

func getMemories(ctx context.Context, w *work, in getMemoriesIn) (*getMemoriesOut, error) {
	all, err := w.Records.Memories(ctx, w.now(), in.Retracted)
	if err != nil {
		return nil, err
	}
	all = keep(all, func(m *project.Memory) bool {
		tagged := in.Tag == ""
		for _, t := range m.Tags {
			tagged = tagged || strings.EqualFold(t, in.Tag)
		}
		return tagged && (in.Kind == "" || m.Kind == in.Kind) && (in.Scope == "" || m.Scope == in.Scope) && contains(m.Title+"\n"+m.Content, in.Text)
	})
	out := &getMemoriesOut{}
	out.Memories, out.page, err = paginate(newest(all, len(all)), in.paging, fullMemoryRow)
	return out, err
}

// fullMemoryRow is a memory with most of its content: there is no other tool
// that shows it.
func fullMemoryRow(m *project.Memory) memoryRow {
	row := newMemoryRow(m)
	const most = 4000
	row.Content = clip(m.Content, most)
	return row
}

func retractMemory(ctx context.Context, w *work, in reasonIn) (*recordChanged, error) {
	m, err := w.Records.Retract(ctx, w.by, w.at.Project, in.ID, in.Reason)
	if err != nil {
		return nil, err
	}
	return &recordChanged{ID: m.ShortID, Status: "retracted", Title: line(m.Title)}, nil
}
