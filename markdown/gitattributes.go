package markdown

import "strings"

// GitAttributes returns what git has to know of the files, for a .gitattributes
// beside them: when two sides changed them, the lines of both are kept. Nobody has
// to settle a conflict over a stamp, and the next sync reads what both sides did,
// or writes the file anew.
func GitAttributes() []byte {
	var b strings.Builder
	b.WriteString("# Written by layercake init: lines of both sides are kept, and `layercake sync` does the rest.\n")
	for _, name := range []string{
		fileStatus, fileGates, fileTasks, fileDecisions, fileMemory,
		"FEEDBACK_LOG.md", "COST_LOG.md", "PROJECT_CONTEXT.md", "CHANGE_REQUESTS.md", "POST_LAUNCH.md",
	} {
		b.WriteString(name + " merge=union\n")
	}
	return []byte(b.String())
}
