package mcp

import (
	"fmt"
	"strings"
)

// maxInstructions is where clients cut what a server says of itself, in
// characters.
const maxInstructions = 4096

// instructions tells a model how to work here. It is the same whatever state
// the project is in, because it is sent before the database is asked.
func instructions(c *catalogue, listed, allowed map[string]bool) string {
	var b strings.Builder
	b.WriteString(`LayerCake keeps the state of this software project: its phase, the gate that stands before the next one, the evidence that the gate asks for, tasks, decisions and what was learnt. People and agents work from the same record; every call is logged with your name.

How to work here:
1. Begin with get_context_summary, then get_next_action. Do that one thing; do not skip ahead of the current gate.
2. claim_task before you work on a task and complete_task when it is done, so that nobody does it twice. create_task for work you find.
3. record_decision when you choose between alternatives, add_memory for what the next session must know, log_progress for milestones.
4. Evidence counts only if LayerCake made it: capture_command_output runs the command that a person pinned for a gate. Running it in your own shell proves nothing. Commit first: evidence is about the files of a commit.
5. get_gate_readiness says what a gate still asks for, and who can give it.
6. Gates are decided by people. You can present a gate and hand in evidence; you cannot approve, and must not try to do it in another way. Use ask_person when you need a decision, then go on with other work.

Ids look like t-7k3f; any unique beginning of at least four characters will do. Lists have a cursor for the rest. An error says what was wrong and which call would be right.
`)
	hidden := map[string]int{}
	for i := range c.tools {
		if t := &c.tools[i]; allowed[t.Name] && !listed[t.Name] {
			hidden[t.Toolset]++
		}
	}
	if len(hidden) > 0 && listed[toolEnableToolset] {
		b.WriteString("\nMore tools, shown after enable_toolset (search_tools finds them):\n")
		for _, set := range Toolsets() {
			if hidden[set.Name] > 0 {
				fmt.Fprintf(&b, "- %s: %s\n", set.Name, set.Description)
			}
		}
	}
	return clip(b.String(), maxInstructions-len("… [1000 more characters]"))
}
