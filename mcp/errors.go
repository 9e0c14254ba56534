package mcp

import (
	"strings"

	"github.com/layercake-dev/layercake/core/fault"
)

// invalidInput is the answer to arguments that do not fit: the field, what is
// wrong, and arguments that would do.
func invalidInput(t *Tool, problem string) *fault.Error {
	return fault.Usage("invalid_input", "%s: %s", t.Name, problem).WithHint("valid arguments are, for example, %s", t.Example)
}

func unknownTool(c *catalogue, name string) *fault.Error {
	e := fault.NotFound("tool_not_found", "there is no tool %q", clip(name, maxQuoted))
	if near := fault.Nearest(name, c.names()); near != "" {
		return e.WithHint("did you mean %s?", near)
	}
	return e.WithHint("search_tools finds tools by what they do")
}

// sentences writes an error for a model: what was wrong, what to do, and the
// code by which programs tell errors apart.
func sentences(err error) string {
	e := fault.From(err)
	var b strings.Builder
	b.WriteString(sentence(e.Error()))
	if !strings.HasSuffix(e.Error(), ".") && !strings.HasSuffix(e.Error(), "?") {
		b.WriteString(".")
	}
	for _, s := range []string{nextCall(e.Code), e.Hint} {
		if s != "" {
			b.WriteString("\n" + sentence(s))
		}
	}
	b.WriteString("\nCode: " + e.Code)
	return clip(b.String(), maxError)
}

// sentence begins a text with a capital letter, unless it begins with the name
// of a tool or an id, which have none.
func sentence(s string) string {
	word, _, _ := strings.Cut(s, " ")
	if word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// maxError bounds errors, in characters; clients cut them at 10,000.
const maxError = 4000

// nextCall names the tool that helps with an error, or "". Hints name commands
// of the command line, which an agent may not have at hand.
func nextCall(code string) string {
	switch code {
	case "task_not_ready", "task_claimed", "no_ready_task":
		return `call claim_task {} to get the most urgent task that is ready, or get_next_action {} when there is none.`
	case "task_not_found", "task_state", "ambiguous_id", "dependency_cycle":
		return `call get_tasks {} to see the tasks with their ids and states.`
	case "invalid_id":
		return `ids are in the replies of the get_ tools, such as get_tasks {}.`
	case "gate_not_found", "gate_order", "gate_passed", "gate_not_applicable", "wrong_phase":
		return `call get_gates {} to see the gates in their order.`
	case "decision_not_found", "decision_state":
		return `call get_decisions {} to see the decisions with their ids and states.`
	case "memory_not_found", "memory_state":
		return `call get_memories {} to see what is remembered.`
	case "question_not_found", "question_answered":
		return `call get_pending_queries {"all": true} to see the questions with their answers.`
	case "blocker_not_found", "blocker_resolved":
		return `call get_active_blockers {} to see what stands in the way.`
	case "deliverable_not_found":
		return `call get_deliverables {} to see what the gates ask for.`
	case "risk_not_found":
		return `call get_risks {} to see the risks with their ids.`
	case "proof_grade", "no_command", "invalid_proof_type":
		return `call get_gate_readiness {} to see which proofs the gate asks for and who can give them.`
	case "run_not_found", "run_state", "run_open":
		return `call get_agent_history {} to see the runs with their ids and states.`
	case "run_exists":
		return `call get_agent_status with the id of that run to follow it.`
	case "person_required", "agent_detected", "terminal_required", "blocker_level":
		return `only a person decides this: call ask_person to ask for it, then go on with get_next_action {}.`
	}
	return ""
}
