package core

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/agent/role"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// material is what a briefing is made from.
type material struct {
	a      *App
	at     Place
	role   *role.Role
	params BriefingParams
	state  *Snapshot
	task   *project.Task
	like   *likeness
}

// read reads the project.
func (m *material) read(ctx context.Context) error {
	id := ""
	if m.params.Task != "" {
		t, err := m.a.Tasks.Get(ctx, View{Project: m.at.Project}, m.params.Task)
		if err != nil {
			return err
		}
		id = t.ID
	}
	var err error
	if m.state, err = m.a.Snapshot(ctx, View{Project: m.at.Project}); err != nil {
		return err
	}
	for i := range m.state.Tasks {
		if m.state.Tasks[i].ID == id {
			m.task = &m.state.Tasks[i]
		}
	}
	if id != "" && m.task == nil {
		return fault.Conflict("task_gone", "task %s was removed meanwhile", m.params.Task).WithHint("run `layercake task list`")
	}
	about := m.params.Instructions
	if m.task != nil {
		about += "\n" + m.task.Title + "\n" + m.task.Description + "\n" + strings.Join(m.task.SpecRefs, "\n")
	}
	m.like = newLikeness(about)
	return nil
}

// data makes a text of the project fit to be told: without secrets, and without
// characters that nobody sees.
func (m *material) data(text string) string {
	return visible(m.a.cleaner.redactor.String(text))
}

// entry is one record, in data, ending in a line break.
func (m *material) entry(format string, args ...any) string {
	return strings.TrimRight(m.data(fmt.Sprintf(format, args...)), " \n") + "\n"
}

// longest is the most bytes of one record among several; one long text is not to
// keep all others out.
const longest = 1500

// record is an entry of which there are several.
func (m *material) record(format string, args ...any) string {
	text := m.entry(format, args...)
	if len(text) > longest {
		return beginning(text, longest)
	}
	return text
}

// prompt lists the parts of the prompt in the order in which they are told.
func (m *material) prompt(ctx context.Context) []*briefPart {
	parts := []*briefPart{
		m.taskPart(), m.instructionsPart(), m.attemptsPart(), m.gatePart(ctx), m.projectPart(), m.specsPart(), m.handoffsPart(),
		m.questionsPart(), m.decisionsPart(), m.memoriesPart(), m.failuresPart(), m.documentsPart(), m.codePart(ctx),
	}
	return slices.DeleteFunc(parts, func(p *briefPart) bool { return len(p.entries) == 0 })
}

func (m *material) taskPart() *briefPart {
	p := &briefPart{
		name: "task", title: "Your task", needed: true, rest: "get_task gives it whole",
		intro: "This is the work that is wanted. Do it, all of it and nothing besides, as far as your rules allow.",
	}
	if m.task == nil {
		p.intro = "No task is named."
		p.entries = []string{m.entry("Do what your role does for the current gate: of the reasons that keep it shut, take away those that are yours.")}
		return p
	}
	t := m.task
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s\ntype %s, priority %s, status %s", t.ShortID, t.Title, t.Type, t.Priority, t.Status)
	for _, f := range []struct{ name, value string }{
		{"phase", string(t.Phase)}, {"owner", t.Owner}, {"waits for gate", t.Gate}, {"specifications", strings.Join(t.SpecRefs, ", ")},
		{"stories", strings.Join(t.StoryRefs, ", ")}, {"blocked", t.BlockedReason}, {"description", t.Description},
	} {
		if f.value != "" {
			text.WriteString("\n" + f.name + ": " + f.value)
		}
	}
	p.entries = []string{m.entry("%s", text.String())}
	if parent := m.find(t.Parent); parent != nil {
		p.entries = append(p.entries, m.record("It is part of %s: %s\n%s", parent.ShortID, parent.Title, parent.Description))
	}
	for _, id := range t.DependsOn {
		if d := m.find(id); d != nil {
			p.entries = append(p.entries, m.record("It builds on %s (%s): %s\nresult: %s", d.ShortID, d.Status, d.Title, orNone(d.Result)))
		}
	}
	for i := range m.state.Tasks {
		if next := &m.state.Tasks[i]; slices.Contains(next.DependsOn, t.ID) {
			p.entries = append(p.entries, m.record("%s waits for it: %s", next.ShortID, next.Title))
		}
	}
	return p
}

func orNone(text string) string {
	if text == "" {
		return "none was written down"
	}
	return text
}

// find returns a task by its stored id, or nil.
func (m *material) find(id string) *project.Task {
	for i := range m.state.Tasks {
		if id != "" && m.state.Tasks[i].ID == id {
			return &m.state.Tasks[i]
		}
	}
	return nil
}

func (m *material) instructionsPart() *briefPart {
	p := &briefPart{
		name: "instructions", title: "What the person adds", needed: true,
		intro: "Said by the person for this run. It is part of your task.",
	}
	if m.params.Instructions != "" {
		p.entries = []string{m.entry("%s", m.params.Instructions)}
	}
	return p
}

func (m *material) attemptsPart() *briefPart {
	p := &briefPart{
		name: "attempts", title: "Earlier attempts",
		intro: "You were tried before on this task, and it failed so. Find the cause; do not repeat what was done.",
	}
	for _, a := range slices.Backward(m.params.Attempts) {
		p.entries = append(p.entries, m.record("attempt %d ended with: %s\nthe end of what was said: %s", a.Number, a.Error, orNone(a.Output)))
	}
	return p
}

// gatePart says where the current gate stands and what it lacks. Reading that
// fails for a project without a folder; what can be told then is told.
func (m *material) gatePart(ctx context.Context) *briefPart {
	p := &briefPart{
		name: "gate", title: "The gate", rest: "get_gate_readiness gives them all",
		intro: "The gate that stands before the project, and what keeps it shut. A person decides on it, never you.",
	}
	g := m.state.CurrentGate()
	if g == nil {
		return p
	}
	p.entries = append(p.entries, m.entry("%s %s: %s, in phase %s", g.ID, g.Title, g.Status, g.Phase))
	ready, err := m.a.Gates.Check(ctx, m.at, g.ID)
	if err == nil {
		for _, r := range ready.Reasons {
			p.entries = append(p.entries, m.record("- %s", r.Message))
		}
	}
	for _, f := range m.state.Feedback {
		if f.Status == "open" {
			p.entries = append(p.entries, m.record("- change asked for at %s (of %s): %s", f.Gate, orAny(f.Role), f.Text))
		}
	}
	for _, c := range m.state.Conditions {
		if c.Status == "open" {
			p.entries = append(p.entries, m.record("- condition of %s, to be met before %s: %s", c.Gate, c.Blocks, c.Text))
		}
	}
	for _, b := range m.state.Blockers {
		if b.Status == "open" {
			p.entries = append(p.entries, m.record("- blocker, %s: %s. %s", b.Severity, b.Title, b.Description))
		}
	}
	return p
}

func orAny(name string) string {
	if name == "" {
		return "anybody"
	}
	return name
}

func (m *material) projectPart() *briefPart {
	p := &briefPart{
		name: "project", title: "The project", rest: "get_status gives more",
		intro: "What the project is, and what it is bound to. Constraints hold for everything you do.",
	}
	o := m.state.Project
	p.entries = append(p.entries, m.record("%s: type %s, tier %s, phase %s, deployment %s, user interface %t. LayerCake's own markdown is in %s.\n%s",
		o.Name, o.Type, o.Tier, o.Phase, o.DeploymentMode, o.HasUI, o.DocsDir, o.Description))
	for _, c := range m.state.Constraints {
		p.entries = append(p.entries, m.record("- constraint %s: %s. %s", c.Key, c.Value, c.Reason))
	}
	return p
}

func (m *material) handoffsPart() *briefPart {
	p := &briefPart{
		name: "notes", title: "Notes on this work", rest: "get_progress_log gives more",
		intro: "Written down about this task and those that it builds on, newest first.",
	}
	if m.task == nil {
		return p
	}
	about := append([]string{m.task.ID}, m.task.DependsOn...)
	for _, n := range m.state.Notes {
		subject := strings.TrimPrefix(n.Subject, KindTask.Prefix())
		if len(subject) >= project.MinPrefix && slices.ContainsFunc(about, func(id string) bool { return strings.HasPrefix(id, subject) }) {
			p.entries = append(p.entries, m.record("- %s, %s: %s", day(n.CreatedAt), n.CreatedBy, n.Text))
		}
	}
	return p
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func (m *material) questionsPart() *briefPart {
	p := &briefPart{
		name: "questions", title: "Questions and answers", rest: "get_pending_queries gives more",
		intro: "Questions to your role, which you answer with answer_query if you can, and answers to what your role asked.",
	}
	for _, q := range slices.Backward(m.state.Questions) {
		id := KindQuestion.Prefix() + q.ID
		switch {
		case q.AnsweredAt == nil && q.To == m.role.ID:
			p.entries = append(p.entries, m.record("- %s, open, asked by %s: %s", id, q.CreatedBy, q.Question))
		case q.AnsweredAt != nil && (strings.HasSuffix(q.CreatedBy, "/"+m.role.ID) || q.To == m.role.ID):
			p.entries = append(p.entries, m.record("- %s: %s\n  answer of %s: %s", id, q.Question, q.AnsweredBy, q.Answer))
		}
	}
	return p
}

func (m *material) decisionsPart() *briefPart {
	p := &briefPart{
		name: "decisions", title: "Decisions that hold", rest: "get_decisions gives them all",
		intro: "Made so far; those that have to do with the task come first, the newest before others. Keep to them.",
	}
	var list []project.Decision
	for _, d := range m.state.Decisions {
		if d.SupersededBy == "" && (d.Status == project.DecisionAccepted || d.Status == project.DecisionProposed) {
			list = append(list, d)
		}
	}
	list, _ = order(m.like, list, func(d *project.Decision) string {
		return d.Title + "\n" + d.Decision + "\n" + d.Context + "\n" + d.Rationale
	}, func(d *project.Decision) int64 { return d.Version })
	for i := range list {
		d := &list[i]
		var text strings.Builder
		fmt.Fprintf(&text, "- %s, %s, %s: %s", d.ShortID, d.Status, day(d.CreatedAt), d.Title)
		for _, f := range []struct{ name, value string }{{"", d.Decision}, {"why: ", d.Rationale}, {"consequences: ", d.Consequences}} {
			if f.value != "" && f.value != d.Title {
				text.WriteString("\n  " + f.name + f.value)
			}
		}
		p.entries = append(p.entries, m.record("%s", text.String()))
	}
	return p
}

func (m *material) memoriesPart() *briefPart {
	p := &briefPart{
		name: "memories", title: "What was learnt", rest: "get_memories gives them all",
		intro: "Learnt by those who worked here; what has to do with the task comes first, the newest before others.",
	}
	var list []project.Memory
	for _, n := range m.state.Memories {
		if n.Retracted == "" {
			list = append(list, n)
		}
	}
	list, _ = order(m.like, list, func(n *project.Memory) string {
		return n.Title + "\n" + n.Content + "\n" + strings.Join(n.Tags, " ")
	}, func(n *project.Memory) int64 { return n.Version })
	for i := range list {
		n := &list[i]
		title := n.Title
		if title != "" && title != n.Content {
			title += ": "
		} else {
			title = ""
		}
		p.entries = append(p.entries, m.record("- %s, %s, %s: %s%s", n.ShortID, n.Kind, day(n.CreatedAt), title, n.Content))
	}
	return p
}

// failuresPart tells of tasks that failed and are like this one.
func (m *material) failuresPart() *briefPart {
	p := &briefPart{
		name: "failures", title: "What failed before",
		intro: "Tasks like this one that failed, and why.",
	}
	var list []project.Task
	for _, t := range m.state.Tasks {
		if t.Status == project.TaskFailed && (m.task == nil || t.ID != m.task.ID) {
			list = append(list, t)
		}
	}
	list, like := order(m.like, list, func(t *project.Task) string { return t.Title + "\n" + t.Result },
		func(t *project.Task) int64 { return t.Version })
	for i := range list[:like] {
		p.entries = append(p.entries, m.record("- %s, %s: %s", list[i].ShortID, list[i].Title, orNone(list[i].Result)))
	}
	return p
}
