package project

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/layercake-dev/layercake/core/workflow"
)

// autoHistory is what agents did on a subject since a person last said something
// about it.
type autoHistory struct {
	runs  []*Run // newest first
	tries int
	// asked is the open question about it, and answer the last that was answered.
	asked, answer *Question
}

// AutoQuestion begins the question about a subject: a task, or the gate. It is known
// by that.
func AutoQuestion(gate, task string) string {
	if task == "" {
		return "Gate " + gate + ": "
	}
	return "Task " + TaskID(task) + ": "
}

// providerCodes are the codes of failures that are not the work's: whoever does the
// work could not be asked.
func providerCodes() []string {
	return []string{"auth", "quota", "missing", "no_provider", "unknown_provider", "no_command"}
}

// codeBudget is the code of runs that came to the end of a budget.
const codeBudget = "budget"

// BudgetFailed reports whether a run failed because it came to the end of a budget.
func BudgetFailed(r *Run) bool { return r.Status == RunFailed && r.Code == codeBudget }

// ProviderFailed reports whether a run failed because whoever does the work could not
// be asked. Trying again does not help before a person has seen to that.
func ProviderFailed(r *Run) bool {
	return r.Status == RunFailed && slices.Contains(providerCodes(), r.Code)
}

func (p *autoPlanner) history(subject string) *autoHistory {
	return p.in.history(p.gate, subject, p.chains[subject])
}

func (in *AutoInput) history(gate, subject string, chain []*Run) *autoHistory {
	h := &autoHistory{}
	prefix := AutoQuestion(gate, subject)
	for i := range in.Questions {
		q := &in.Questions[i]
		switch {
		case !strings.HasPrefix(q.Question, prefix) || q.To != string(ActorPerson):
		case q.Status == statusOpen:
			h.asked = q
		case q.AnsweredAt != nil && (h.answer == nil || q.AnsweredAt.After(*h.answer.AnsweredAt)):
			h.answer = q
		}
	}
	for _, r := range chain {
		if h.answer != nil && r.CreatedAt.Before(*h.answer.AnsweredAt) {
			break
		}
		h.runs = append(h.runs, r)
		switch {
		case ProviderFailed(r):
		case BudgetFailed(r):
			// More of the same money gets it no further. One that had a limit of its own
			// may have more the next time.
			if r.MaxCostMicros == 0 {
				h.tries = max(h.tries, AutoTries)
			}
		case r.Status == RunFailed:
			h.tries += max(1, r.Attempt)
		case r.Status == RunCompleted:
			h.tries++
		}
	}
	return h
}

// GateHistory returns how often agents tried to mend what keeps a gate shut since it
// was last sent back or a person was last asked, what a run is told about that, the
// run before, and whether a question about it is open.
func GateHistory(in *AutoInput, gate string) (tries int, prompt, before string, asked *Question) {
	p := &autoPlanner{in: in, gate: gate}
	p.gather()
	h := p.history("")
	if r := h.newest(); r != nil {
		before = r.ID
	}
	return h.tries, h.prompt(in.Conflicts), before, h.asked
}

func (h *autoHistory) newest() *Run {
	if len(h.runs) == 0 {
		return nil
	}
	return h.runs[0]
}

// reasonMost bounds what is said of each earlier run, in bytes.
const reasonMost = 1500

// prompt is what a run is told about those before it.
func (h *autoHistory) prompt(conflicts map[string][]string) string {
	var b strings.Builder
	if h.answer != nil {
		fmt.Fprintf(&b, "A person was asked: %s\nThe answer: %s\n", h.answer.Question, h.answer.Answer)
	}
	if len(h.runs) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "This is try %d of %d. What came of those before:\n", min(h.tries+1, AutoTries), AutoTries)
	for _, r := range slices.Backward(h.runs) {
		fmt.Fprintf(&b, "- %s %s\n", RunID(r.ID), cut(told(r, conflicts)))
	}
	return b.String()
}

// told says what came of a run.
func told(r *Run, conflicts map[string][]string) string {
	switch {
	case r.Status == RunFailed:
		return "failed: " + r.Reason
	case r.Status == RunCancelled:
		return "was cancelled: " + r.Reason
	case r.Branch == "":
		return "left no files changed, and said: " + r.Summary
	}
	if files, ok := conflicts[r.ID]; ok {
		return "is on branch " + r.Branch + ", which cannot be merged: " + conflictText(files)
	}
	return "is on branch " + r.Branch + ", and said: " + r.Summary
}

func cut(text string) string {
	if len(text) <= reasonMost {
		return text
	}
	return strings.ToValidUTF8(text[:reasonMost], "") + " …"
}

// escalate puts something to a person.
func (p *autoPlanner) escalate(subject, what string, h *autoHistory) {
	var text strings.Builder
	text.WriteString(AutoQuestion(p.gate, subject) + what + ". How is it to go on?")
	for _, r := range slices.Backward(h.runs) {
		text.WriteString("\n- " + RunID(r.ID) + " " + cut(told(r, p.in.Conflicts)))
	}
	fmt.Fprintf(&text, "\nThe answer is told to the next agent, which then has %d more tries.", AutoTries)
	p.plan.Escalations = append(p.plan.Escalations, AutoEscalation{Subject: subject, Question: text.String()})
}

// Paths are the files, folders and specifications that a task says it is about.
func Paths(t *Task) []string {
	paths := []string{}
	for _, ref := range t.SpecRefs {
		ref, _, _ = strings.Cut(ref, "#")
		if ref = strings.TrimSpace(ref); ref != "" {
			paths = append(paths, path.Clean(ref))
		}
	}
	return paths
}

// overlap reports whether two paths are one, or one is in the other.
func overlap(a, b string) bool {
	return a == b || a == "." || b == "." || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

// role chooses who does a task, and says why. It returns no role for one that a
// person keeps.
func (p *autoPlanner) role(t *Task) (role, why string) {
	known := func(id string) bool {
		return slices.ContainsFunc(p.in.Roles, func(r AutoRole) bool { return r.ID == id })
	}
	if t.Owner != "" {
		// Who takes a task that nobody owns becomes its owner: "agent:CLIENT/ROLE".
		owner := t.Owner
		if strings.HasPrefix(owner, string(ActorAgent)+":") {
			owner = path.Base(owner)
		}
		if known(owner) {
			return owner, "it owns the task"
		}
		return "", "it is " + t.Owner + "'s, who is no role of an agent"
	}
	gate := p.gateOf(t)
	var able []string
	for _, id := range gate.Roles {
		if known(id) {
			able = append(able, id)
		}
	}
	const qa, lead = "qa-engineer", "orchestrator"
	building := t.Phase == workflow.PhaseDevelopment || t.Phase == workflow.PhaseMLDevelopment || t.Phase == workflow.PhaseTesting
	switch {
	case t.Type == "coordination" && known(lead):
		return lead, "it is coordination"
	case t.Type == "validation" && building && known(qa):
		return qa, "it is validation in " + human(string(t.Phase))
	case len(able) == 0:
		return "", "no role is responsible for gate " + gate.ID + "; name one: `layercake task edit " + TaskID(t.ID) + " --owner ROLE`"
	case len(able) == 1:
		return able[0], "it is responsible for gate " + gate.ID
	}
	if id := spoken(t, able); id != "" {
		return id, "of those responsible for gate " + gate.ID + " the task speaks of it"
	}
	if slices.Contains(able, "backend-developer") {
		return "backend-developer", "of those responsible for gate " + gate.ID + " it does what names no other"
	}
	return able[0], "it is the first responsible for gate " + gate.ID
}

// gateOf is the gate that closes the phase of a task, or the one that is planned for.
func (p *autoPlanner) gateOf(t *Task) workflow.Gate {
	for i := range p.in.Gates {
		if g := &p.in.Gates[i]; g.Phase == t.Phase && g.Status != GateNotApplicable {
			if def, ok := p.in.Workflow.Gate(g.ID); ok {
				return def
			}
		}
	}
	def, _ := p.in.Workflow.Gate(p.gate)
	return def
}

// spoken returns the role whose field a task names by its first word: "frontend",
// "data", "prompt".
func spoken(t *Task, roles []string) string {
	text := strings.ToLower(t.Title + " " + t.Description + " " + strings.Join(t.SpecRefs, " "))
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, id := range roles {
		field, _, _ := strings.Cut(id, "-")
		if slices.Contains(words, field) {
			return id
		}
	}
	return ""
}
