package mcp

import (
	"fmt"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// stamp writes a time as short as it is exact enough.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stampOf(t *time.Time) string {
	if t == nil {
		return ""
	}
	return stamp(*t)
}

// taskRow is a task in a list.
type taskRow struct {
	ID        string   `json:"id"`
	Title     string   `json:"title"`
	Status    string   `json:"status"`
	Priority  string   `json:"priority"`
	Phase     string   `json:"phase"`
	Ready     bool     `json:"ready"`
	Gate      string   `json:"gate,omitempty"`
	Owner     string   `json:"owner,omitempty"`
	ClaimedBy string   `json:"claimed_by,omitempty"`
	Waits     []string `json:"waits,omitempty"`
}

// waitsShown bounds what a task in a list is said to wait for.
const waitsShown = 5

func (w *work) taskRow(t *project.Task) taskRow {
	row := taskRow{
		ID: t.ShortID, Title: line(t.Title), Status: string(t.Status), Priority: string(t.EffectivePriority(w.Now())),
		Phase: string(t.Phase), Ready: t.Ready, Gate: t.Gate, Owner: t.Owner, Waits: few(t.Waits, waitsShown),
	}
	if t.Status == project.TaskBlocked {
		row.Waits = append(row.Waits, line("blocked: "+t.BlockedReason))
	}
	if t.ClaimedNow(w.Now()) {
		row.ClaimedBy, row.Ready = t.ClaimedBy, false
	}
	return row
}

func (w *work) taskRows(tasks []project.Task) []taskRow {
	rows := make([]taskRow, len(tasks))
	for i := range tasks {
		rows[i] = w.taskRow(&tasks[i])
	}
	return rows
}

// few returns the first entries, saying how many were left out.
func few(list []string, most int) []string {
	if len(list) <= most {
		return list
	}
	return append(append([]string{}, list[:most]...), fmt.Sprintf("and %d more", len(list)-most))
}

// toolCall is a call that an agent can make next.
type toolCall struct {
	Tool      string            `json:"tool"`
	Arguments map[string]string `json:"arguments"`
}

// callFor translates a command of the command line, as hints name them, into
// the call that does the same, or nil.
func callFor(command string) *toolCall {
	words := strings.Fields(command)
	const noun, verb, first, second = 1, 2, 3, 4
	arg := func(i int) string {
		if i < len(words) {
			return words[i]
		}
		return ""
	}
	make1 := func(tool, name string) *toolCall {
		if arg(first) == "" {
			return &toolCall{Tool: tool, Arguments: map[string]string{}}
		}
		return &toolCall{Tool: tool, Arguments: map[string]string{name: arg(first)}}
	}
	if arg(0) != "layercake" {
		return nil
	}
	switch arg(noun) + " " + arg(verb) {
	case "task start":
		return make1("claim_task", "id")
	case "task show":
		return make1("get_task", "id")
	case "task list":
		return &toolCall{Tool: "get_tasks", Arguments: map[string]string{}}
	case "gate present":
		return make1("present_gate", "gate")
	case "gate check":
		return make1("get_gate_readiness", "gate")
	case "gate show":
		return make1("get_gate", "gate")
	case "proof capture":
		return &toolCall{Tool: "capture_command_output", Arguments: map[string]string{"gate": arg(first), "type": arg(second)}}
	case "deliverable show":
		return make1("update_deliverable", "id")
	case "blocker list":
		return &toolCall{Tool: "get_active_blockers", Arguments: map[string]string{}}
	}
	return nil
}

// forPerson reports whether a command is one that only a person can use.
func forPerson(command string) bool {
	for _, begin := range []string{
		"layercake proof attest", "layercake gate approve", "layercake gate reject", "layercake gate skip", "layercake trust",
		"layercake gate condition", "layercake intake", "layercake question answer",
	} {
		if strings.HasPrefix(command, begin) {
			return true
		}
	}
	return false
}

// nextView is the one thing to do now.
type nextView struct {
	Action string `json:"action"`
	Why    string `json:"why,omitempty"`
	// Call does it, if a tool can; Command does it at a terminal.
	Call    *toolCall `json:"call,omitempty"`
	Command string    `json:"command,omitempty"`
	// Person says that only a person can do it.
	Person bool `json:"person"`
}

func newNextView(n core.NextAction) nextView {
	v := nextView{Action: clip(n.Action, maxExcerpt), Why: n.Why, Command: n.Command, Person: n.Person || forPerson(n.Command)}
	if !v.Person {
		v.Call = callFor(n.Command)
	}
	return v
}

// reasonView is one thing that keeps a gate shut.
type reasonView struct {
	Code    string    `json:"code"`
	Subject string    `json:"subject,omitempty"`
	Message string    `json:"message"`
	Call    *toolCall `json:"call,omitempty"`
	Command string    `json:"command,omitempty"`
	Person  bool      `json:"person,omitempty"`
}

func reasonViews(reasons []project.Reason, most int) (shown []reasonView, more int) {
	shown = make([]reasonView, 0, min(most, len(reasons)))
	for _, r := range reasons[:min(most, len(reasons))] {
		v := reasonView{Code: r.Code, Subject: r.Subject, Message: clip(r.Message, maxExcerpt), Person: forPerson(r.Hint)}
		if v.Call = callFor(r.Hint); v.Call == nil || v.Person {
			v.Call, v.Command = nil, r.Hint
		}
		shown = append(shown, v)
	}
	return shown, len(reasons) - len(shown)
}

// countTasks writes the numbers of tasks by state.
func countTasks(counts map[project.TaskStatus]int) map[string]int {
	out := make(map[string]int, len(counts))
	for status, n := range counts {
		if n > 0 {
			out[string(status)] = n
		}
	}
	return out
}
