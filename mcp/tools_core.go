package mcp

import (
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// coreTools are what every session needs; clients load them from the start.
func coreTools() []Tool {
	tools := []Tool{
		onProject(Tool{
			Name: "get_context_summary", Title: "Get the context summary", Toolset: setCore, Hints: readsOnly(),
			Description: "Everything to know at the start of a session, in one page: project, phase, current gate and what keeps it shut, " +
				"next action, tasks in hand and ready, decisions, memories, open questions and answers, blockers, recent progress. Call it first.",
			SearchHint: "start session overview brief background onboarding recall resume where are we",
		}, nothing{}, getContextSummary),
		onProject(Tool{
			Name: "get_next_action", Title: "Get the next action", Toolset: setCore, Hints: readsOnly(),
			Description: "The one thing to do now and why, with the tool call that does it, or who has to do it when a person must.",
			SearchHint:  "what now next step todo continue plan",
		}, nothing{}, getNextAction),
		onProject(Tool{
			Name: "get_status", Title: "Get the project status", Toolset: setCore, Hints: readsOnly(),
			Description: "Where the project stands: phase, every gate with its state, readiness of the current gate, task counts, open questions, " +
				"blockers and conditions.",
			SearchHint: "state progress dashboard phase health",
		}, nothing{}, getStatus),
		onProject(Tool{
			Name: "get_gates", Title: "List the gates", Toolset: setCore, Hints: readsOnly(),
			Description: "The project's gates in order, each with phase, state (pending, in_review, approved, rejected, skipped, not_applicable) " +
				"and who decided. get_gate_readiness says what a gate still asks for.",
			SearchHint: "approval milestone checkpoint list phases review",
		}, getGatesIn{}, getGates),
		onProject(Tool{
			Name: "get_tasks", Title: "List tasks", Toolset: setCore, Hints: readsOnly(),
			Description: "Tasks with state, priority, phase, owner and what they wait for, in the order of creation. Filter by state, phase, priority, " +
				"owner, gate, parent or words in title and description.",
			SearchHint: "list find search todo backlog issues work items open",
		}, getTasksIn{Status: []string{"not_started", "in_progress"}}, getTasks),
		onProject(Tool{
			Name: "get_gate_readiness", Title: "Check what a gate still asks for", Toolset: setCore, Hints: readsOnly(),
			Description: "Whether a gate could be approved now and, if not, everything that stands against it: missing, failing or stale proofs, " +
				"deliverables, open tasks, blockers, conditions; with the call or the person that helps. Hashes all evidence again; changes nothing.",
			SearchHint: "ready blocked why requirements missing evidence proofs criteria check approve",
		}, gateIn{Gate: "G5"}, getGateReadiness),
	}
	tools = append(tools, coreWriteTools()...)
	tools = append(tools, codeToolsOf(setCore)...)
	tools = append(tools, findTools()...)
	for i := range tools {
		tools[i].AlwaysLoad = true
	}
	return tools
}

// nothing are the arguments of tools that take none.
type nothing struct{}

type projectView struct {
	Slug          string `json:"slug"`
	Name          string `json:"name"`
	Description   string `json:"description,omitempty"`
	Type          string `json:"type"`
	Preset        string `json:"preset"`
	Tier          string `json:"tier"`
	Phase         string `json:"phase"`
	TeachingLevel string `json:"teaching_level,omitempty"`
	Demo          bool   `json:"demo,omitempty"`
	Archived      bool   `json:"archived,omitempty"`
}

func newProjectView(p *project.Project) projectView {
	return projectView{
		Slug: p.Slug, Name: p.Name, Description: clip(p.Description, maxExcerpt), Type: string(p.Type), Preset: string(p.Preset),
		Tier: string(p.Tier), Phase: string(p.Phase), TeachingLevel: p.TeachingLevel, Demo: p.Level == project.LevelDemo, Archived: p.Archived,
	}
}

// gateNow is the gate that is next and what stands against it.
type gateNow struct {
	ID      string       `json:"id"`
	Title   string       `json:"title"`
	Status  string       `json:"status"`
	Ready   bool         `json:"ready"`
	Missing []reasonView `json:"missing"`
	More    int          `json:"more_missing,omitempty"`
}

func newGateNow(st *core.Status, most int) *gateNow {
	if st.Gate == nil {
		return nil
	}
	g := &gateNow{ID: st.Gate.ID, Title: st.Gate.Title, Status: string(st.Gate.Status), Missing: []reasonView{}}
	if st.Readiness != nil {
		g.Ready = st.Readiness.Ready
		g.Missing, g.More = reasonViews(st.Readiness.Reasons, most)
	}
	return g
}

func getNextAction(ctx context.Context, w *work, _ nothing) (nextView, error) {
	st, err := w.Status(ctx, w.at, core.At{})
	if err != nil {
		return nextView{}, err
	}
	return newNextView(st.Next()), nil
}

type statusOut struct {
	Project    projectView    `json:"project"`
	Version    int64          `json:"version"`
	Gates      []gateState    `json:"gates"`
	Gate       *gateNow       `json:"gate,omitempty"`
	Tasks      map[string]int `json:"tasks"`
	Ready      []taskRow      `json:"ready"`
	Questions  int            `json:"open_questions"`
	Blockers   int            `json:"open_blockers"`
	Conditions int            `json:"open_conditions"`
	Changes    int            `json:"open_change_requests"`
	Risks      int            `json:"open_risks"`
}

type gateState struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Status string `json:"status"`
}

func getStatus(ctx context.Context, w *work, _ nothing) (*statusOut, error) {
	return statusAt(ctx, w, core.At{})
}

func statusAt(ctx context.Context, w *work, when core.At) (*statusOut, error) {
	st, err := w.Status(ctx, w.at, when)
	if err != nil {
		return nil, err
	}
	const most = 20
	out := &statusOut{
		Project: newProjectView(st.Project), Version: st.Version, Gate: newGateNow(st, most), Tasks: countTasks(st.Tasks), Ready: w.taskRows(st.Ready),
		Questions: len(st.Questions), Blockers: len(st.Blockers), Conditions: len(st.Conditions), Changes: len(st.Feedback), Risks: st.Risks,
	}
	out.Gates = rows(st.Gates, func(g *project.Gate) gateState { return gateState{g.ID, g.Title, string(g.Status)} })
	return out, nil
}

type getGatesIn struct {
	OpenOnly bool `doc:"Only gates that are not passed yet." json:"open_only,omitempty"`
}

type gateRow struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Phase       string `json:"phase"`
	Status      string `json:"status"`
	PresentedBy string `json:"presented_by,omitempty"`
	DecidedBy   string `json:"decided_by,omitempty"`
	DecidedAt   string `json:"decided_at,omitempty"`
	Note        string `json:"note,omitempty"`
	Forced      bool   `json:"forced,omitempty"`
	Conditional bool   `json:"conditional,omitempty"`
}

func newGateRow(g *project.Gate) gateRow {
	return gateRow{
		ID: g.ID, Title: g.Title, Phase: string(g.Phase), Status: string(g.Status), PresentedBy: g.PresentedBy, DecidedBy: g.DecidedBy,
		DecidedAt: stampOf(g.DecidedAt), Note: line(g.Note), Forced: g.Forced, Conditional: g.Conditional,
	}
}

type getGatesOut struct {
	Gates []gateRow `json:"gates"`
	// Current is the gate that is next, or empty when all are passed.
	Current string `json:"current,omitempty"`
}

func getGates(ctx context.Context, w *work, in getGatesIn) (*getGatesOut, error) {
	gates, err := w.Gates.List(ctx, w.now())
	if err != nil {
		return nil, err
	}
	out := &getGatesOut{Gates: []gateRow{}}
	for i := range gates {
		passed := gates[i].Status.Passed()
		if !passed && out.Current == "" {
			out.Current = gates[i].ID
		}
		if !passed || !in.OpenOnly {
			out.Gates = append(out.Gates, newGateRow(&gates[i]))
		}
	}
	return out, nil
}

type getTasksIn struct {
	Status   []string `doc:"Only tasks in these states."                               enum:"task_status"        json:"status,omitempty"`
	Phase    string   `enum:"phase"                                                    json:"phase,omitempty"`
	Priority string   `enum:"priority"                                                 json:"priority,omitempty"`
	Owner    string   `doc:"As in owner of the rows, such as agent:claude-code/agent." json:"owner,omitempty"`
	Gate     string   `doc:"Only tasks that wait for this gate, such as G5."           json:"gate,omitempty"`
	Parent   string   `doc:"Only subtasks of this task."                               json:"parent,omitempty"`
	Text     string   `doc:"Words in title or description."                            json:"text,omitempty"`
	paging
}

type getTasksOut struct {
	Tasks []taskRow `json:"tasks"`
	page
}

func getTasks(ctx context.Context, w *work, in getTasksIn) (*getTasksOut, error) {
	start, err := in.offset()
	if err != nil {
		return nil, err
	}
	q := core.TaskQuery{
		Phase: workflow.Phase(in.Phase), Priority: project.Priority(in.Priority), Owner: in.Owner, Gate: in.Gate, Text: in.Text,
		Limit: in.limit() + 1, Offset: start, // one more tells whether there is more
	}
	for _, s := range in.Status {
		q.Statuses = append(q.Statuses, project.TaskStatus(s))
	}
	if in.Parent != "" {
		parent, err := w.Tasks.Get(ctx, w.now(), in.Parent)
		if err != nil {
			return nil, err
		}
		q.Parent = parent.ID
	}
	tasks, err := w.Tasks.List(ctx, w.now(), q)
	if err != nil {
		return nil, err
	}
	out := &getTasksOut{}
	out.Tasks, out.page, err = fill(tasks, start, unknownTotal, in.limit(), w.taskRow)
	return out, err
}

type gateIn struct {
	Gate string `doc:"The gate, such as G5. The current gate if left out." json:"gate,omitempty"`
}

type readinessOut struct {
	Gate      string       `json:"gate"`
	Ready     bool         `json:"ready"`
	Presented bool         `json:"presented"`
	Reasons   []reasonView `json:"reasons"`
	More      int          `json:"more_reasons,omitempty"`
	// Commit is what the gate would be decided on; Uncommitted are files that
	// are not in it.
	Commit      string   `json:"commit,omitempty"`
	Uncommitted []string `json:"uncommitted,omitempty"`
	Next        string   `json:"next"`
}

func getGateReadiness(ctx context.Context, w *work, in gateIn) (*readinessOut, error) {
	gate, err := w.gate(ctx, in.Gate)
	if err != nil {
		return nil, err
	}
	r, err := w.Gates.Check(ctx, w.at, gate)
	if err != nil {
		return nil, err
	}
	const mostReasons, mostFiles = 30, 10
	out := &readinessOut{
		Gate: r.Gate, Ready: r.Ready, Presented: r.Presented, Commit: r.Candidate.Commit, Uncommitted: few(r.Candidate.Dirty, mostFiles),
	}
	out.Reasons, out.More = reasonViews(r.Reasons, mostReasons)
	switch {
	case r.Ready && r.Presented:
		out.Next = "a person decides: `layercake gate approve " + r.Gate + "`"
	case r.Ready:
		out.Next = "call present_gate {\"gate\": \"" + r.Gate + "\"}"
	default:
		out.Next = "deal with the reasons, those with a call first"
	}
	return out, nil
}

// gate returns the gate named, or the one that is next.
func (w *work) gate(ctx context.Context, name string) (string, error) {
	if name != "" {
		return name, nil
	}
	gates, err := w.Gates.List(ctx, w.now())
	if err != nil {
		return "", err
	}
	for i := range gates {
		if !gates[i].Status.Passed() {
			return gates[i].ID, nil
		}
	}
	return "", fault.NotFound("no_open_gate", "every gate is passed").WithHint("name one to look back: `layercake gate list`")
}
