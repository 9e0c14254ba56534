package mcp

import (
	"context"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// coreWriteTools are the core tools that change the project.
func coreWriteTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "create_task", Title: "Create a task", Toolset: setCore, Hints: adds(),
			Description: "Add a task to the plan: a piece of work somebody can finish. depends_on makes it wait for other tasks, gate for a gate. " +
				"Answers its id.",
			SearchHint: "add new todo issue ticket work item plan subtask",
		}, createTaskIn{Title: "Add rate limiting to the login", Priority: "high", DependsOn: []string{"t-7k3f"}}, createTask),
		onProject(Tool{
			Name: "claim_task", Title: "Claim a task and start it", Toolset: setCore, Hints: sets(),
			Description: "Take a task so that nobody else works on it, and start it. Without id: the most urgent task that is ready. " +
				"The claim ends by itself after lease_minutes; claim again to keep it.",
			SearchHint: "start begin take assign lock pick work on next",
		}, claimTaskIn{ID: "t-7k3f"}, claimTask),
		onProject(Tool{
			Name: "complete_task", Title: "Complete a task", Toolset: setCore, Hints: Hints{},
			Description: "Say that a task is done, and what came of it. Tasks that waited for it can start.",
			SearchHint:  "finish done close resolve end",
		}, completeTaskIn{ID: "t-7k3f", Result: "Login is limited to 5 tries a minute; tests in login_test.go"}, completeTask),
		captureTool(),
		onProject(Tool{
			Name: "record_decision", Title: "Record a decision", Toolset: setCore, Hints: adds(),
			Description: "Keep a decision with its context, reasons and alternatives, in the form of an architecture decision record (ADR), " +
				"so that it is not made again. supersedes replaces an earlier one.",
			SearchHint: "log create adr choice choose rationale architecture why supersede",
		}, recordDecisionIn{Title: "Use Postgres", Decision: "State lives in one Postgres database", Rationale: "Transactions over all of it"}, recordDecision),
		onProject(Tool{
			Name: "add_memory", Title: "Remember something", Toolset: setCore, Hints: adds(),
			Description: "Keep something learnt that the next session must know: a pattern, gotcha, failure, success, or a note on integration, " +
				"performance or security.",
			SearchHint: "remember learn lesson note knowledge store save insight",
		}, addMemoryIn{Kind: "gotcha", Content: "The test database needs TZ=UTC", Tags: []string{"tests"}}, addMemory),
		onProject(Tool{
			Name: "log_progress", Title: "Log progress", Toolset: setCore, Hints: adds(),
			Description: "Write a line into the progress log: what was done, found or left. subject names what it is about, such as a task id.",
			SearchHint:  "note journal update report milestone diary",
		}, logProgressIn{Text: "Login form works; error texts are left", Subject: "t-7k3f"}, logProgress),
		onProject(Tool{
			Name: "ask_person", Title: "Ask a person", Toolset: setCore, Hints: adds(),
			Description: "Ask the person you work for: a clarification, a decision, an approval of a gate. It waits in their inbox; go on with other " +
				"work. The answer comes with get_context_summary. blocking says that you cannot go on without it.",
			SearchHint: "question query clarify human user decide approve help escalate",
		}, askPersonIn{Question: "Should guests be able to order?", Options: []string{"yes", "no"}}, askPerson),
	}
}

// taskChanged is the reply of tools that change a task.
type taskChanged struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Status   string   `json:"status"`
	Priority string   `json:"priority"`
	Owner    string   `json:"owner,omitempty"`
	Until    string   `json:"claimed_until,omitempty"`
	Waits    []string `json:"waits,omitempty"`
	// Description is there when a task is claimed, to begin with.
	Description string `json:"description,omitempty"`
}

func newTaskChanged(w *work, t *project.Task) *taskChanged {
	c := &taskChanged{
		ID: t.ShortID, Title: line(t.Title), Status: string(t.Status), Priority: string(t.Priority), Owner: t.Owner, Waits: few(t.Waits, waitsShown),
	}
	if t.ClaimedNow(w.Now()) {
		c.Until = stampOf(t.LeaseUntil)
	}
	return c
}

type createTaskIn struct {
	Title       string   `doc:"What is to be done, on one line."                json:"title"                 min:"1"`
	Description string   `doc:"Details and when it counts as done."             json:"description,omitempty"`
	Type        string   `enum:"task_type"                                      json:"type,omitempty"`
	Priority    string   `enum:"priority"                                       json:"priority,omitempty"`
	Phase       string   `doc:"The project's phase if left out."                enum:"phase"                 json:"phase,omitempty"`
	Gate        string   `doc:"A gate that must be passed before it can start." json:"gate,omitempty"`
	Owner       string   `json:"owner,omitempty"`
	Parent      string   `doc:"The task that it is part of."                    json:"parent,omitempty"`
	DependsOn   []string `doc:"Ids of tasks that must be done first."           json:"depends_on,omitempty"`
	SpecRefs    []string `doc:"Sections of specifications that it implements."  json:"spec_refs,omitempty"`
}

func createTask(ctx context.Context, w *work, in createTaskIn) (*taskChanged, error) {
	t, err := w.Tasks.Add(ctx, w.by, w.at.Project, core.NewTask{
		Title: in.Title, Description: in.Description, Type: project.TaskType(in.Type), Priority: project.Priority(in.Priority),
		Phase: workflow.Phase(in.Phase), Gate: in.Gate, Owner: in.Owner, Parent: in.Parent, DependsOn: in.DependsOn, SpecRefs: in.SpecRefs,
	})
	if err != nil {
		return nil, err
	}
	return newTaskChanged(w, t), nil
}

type claimTaskIn struct {
	ID           string `doc:"The task; the most urgent one that is ready if left out." json:"id,omitempty"`
	LeaseMinutes int    `doc:"How long the claim holds; 30 if left out."                json:"lease_minutes,omitempty" max:"1440" min:"1"`
}

func claimTask(ctx context.Context, w *work, in claimTaskIn) (*taskChanged, error) {
	lease := time.Duration(in.LeaseMinutes) * time.Minute
	t, err := w.claim(ctx, in.ID, lease)
	if err != nil {
		return nil, err
	}
	if t, err = w.Tasks.Step(ctx, w.by, w.at.Project, t.ID, project.StepStart, "", 0); err != nil {
		w.published(ctx) // it is claimed
		return nil, err
	}
	out := newTaskChanged(w, t)
	out.Description = clip(t.Description, maxExcerpt)
	return out, nil
}

func (w *work) claim(ctx context.Context, id string, lease time.Duration) (*project.Task, error) {
	if id == "" {
		return w.Tasks.ClaimNext(ctx, w.by, w.at.Project, lease)
	}
	return w.Tasks.Step(ctx, w.by, w.at.Project, id, project.StepClaim, "", lease)
}

type completeTaskIn struct {
	ID     string `doc:"The task, such as t-7k3f."                   json:"id"               min:"1"`
	Result string `doc:"What came of it, for those who build on it." json:"result,omitempty"`
}

func completeTask(ctx context.Context, w *work, in completeTaskIn) (*taskChanged, error) {
	return w.step(ctx, in.ID, project.StepDone, in.Result)
}

// step takes a step in the life of a task.
func (w *work) step(ctx context.Context, id string, step project.TaskStep, text string) (*taskChanged, error) {
	t, err := w.Tasks.Step(ctx, w.by, w.at.Project, id, step, text, 0)
	if err != nil {
		return nil, err
	}
	return newTaskChanged(w, t), nil
}

// recordChanged is the reply of tools that write something down.
type recordChanged struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Title  string `json:"title,omitempty"`
	Next   string `json:"next,omitempty"`
}

type recordDecisionIn struct {
	Title        string   `doc:"The decision in a few words."             json:"title"                  min:"1"`
	Decision     string   `doc:"What was decided."                        json:"decision"               min:"1"`
	Context      string   `doc:"What made a decision necessary."          json:"context,omitempty"`
	Rationale    string   `doc:"Why this and not another."                json:"rationale,omitempty"`
	Alternatives []string `doc:"What else was considered, one line each." json:"alternatives,omitempty"`
	Consequences string   `doc:"What follows from it, good and bad."      json:"consequences,omitempty"`
	Gate         string   `json:"gate,omitempty"`
	Status       string   `doc:"accepted if left out."                    enum:"new_decision_status"    json:"status,omitempty"`
	Supersedes   string   `doc:"The id of the decision that it replaces." json:"supersedes,omitempty"`
}

func recordDecision(ctx context.Context, w *work, in recordDecisionIn) (*recordChanged, error) {
	d, err := w.Records.Decide(ctx, w.by, w.at.Project, project.MakeDecision{
		Title: in.Title, Decision: in.Decision, Context: in.Context, Rationale: in.Rationale, Alternatives: in.Alternatives,
		Consequences: in.Consequences, Gate: in.Gate, Status: project.DecisionStatus(in.Status), Supersedes: in.Supersedes,
	})
	if err != nil {
		return nil, err
	}
	return &recordChanged{ID: d.ShortID, Status: string(d.Status), Title: line(d.Title)}, nil
}

type addMemoryIn struct {
	Content    string   `doc:"What was learnt, so that it can be used without more context." json:"content"              min:"1"`
	Kind       string   `doc:"pattern if left out."                                          enum:"memory_kind"          json:"kind,omitempty"`
	Title      string   `json:"title,omitempty"`
	Scope      string   `doc:"How far it holds; project if left out."                        enum:"memory_scope"         json:"scope,omitempty"`
	Confidence float64  `doc:"1 if left out."                                                json:"confidence,omitempty" max:"1"                min:"0"`
	Tags       []string `json:"tags,omitempty"`
	Links      []string `doc:"Ids, files or addresses that it is about."                     json:"links,omitempty"`
}

func addMemory(ctx context.Context, w *work, in addMemoryIn) (*recordChanged, error) {
	m, err := w.Records.Remember(ctx, w.by, w.at.Project, project.AddMemory{
		Kind: in.Kind, Scope: in.Scope, Title: in.Title, Content: in.Content, Confidence: in.Confidence, Tags: in.Tags, Links: in.Links,
	})
	if err != nil {
		return nil, err
	}
	return &recordChanged{ID: m.ShortID, Status: "kept", Title: line(m.Title)}, nil
}

type logProgressIn struct {
	Text    string `doc:"What was done, found or left."                json:"text"              min:"1"`
	Subject string `doc:"What it is about, such as a task or gate id." json:"subject,omitempty"`
}

func logProgress(ctx context.Context, w *work, in logProgressIn) (*recordChanged, error) {
	n, err := w.Records.Note(ctx, w.by, w.at.Project, project.AddNote{Kind: kindProgress, Subject: in.Subject, Text: in.Text})
	if err != nil {
		return nil, err
	}
	return &recordChanged{ID: core.KindNote.Prefix() + n.ID, Status: "logged"}, nil
}

type askPersonIn struct {
	Question string   `doc:"The question, with what the person needs to answer it." json:"question"           min:"1"`
	Options  []string `doc:"Answers to choose from."                                json:"options,omitempty"`
	Blocking bool     `doc:"You cannot go on without the answer."                   json:"blocking,omitempty"`
	Kind     string   `doc:"clarification if left out."                             enum:"question_kind"      json:"kind,omitempty"`
}

func askPerson(ctx context.Context, w *work, in askPersonIn) (*recordChanged, error) {
	q, err := w.Records.Ask(ctx, w.by, w.at.Project, project.AskQuestion{
		Kind: in.Kind, To: string(project.ActorPerson), Question: in.Question, Options: in.Options, Blocking: in.Blocking,
	})
	if err != nil {
		return nil, err
	}
	return &recordChanged{
		ID: core.KindQuestion.Prefix() + q.ID, Status: q.Status,
		Next: "the person answers in their own time; get_context_summary shows the answer. Go on with get_next_action",
	}, nil
}
