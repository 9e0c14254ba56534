package workflow

import (
	"slices"
	"strings"
)

// ApprovalWords lists the words that approve a gate.
func ApprovalWords() []string { return []string{"approve", "approved", "yes", "accept"} }

// ApprovalWord reports whether s is a word that approves a gate. Case and
// surrounding space do not matter. Polite noises ("ok", "sure", "fine", "y")
// are not approval: people say them while they are still reading.
func ApprovalWord(s string) bool {
	return slices.Contains(ApprovalWords(), strings.ToLower(strings.TrimSpace(s)))
}
