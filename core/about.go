package core

import (
	"encoding/json"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
)

// About finds what an event is about, for people: the id as they see it, a title,
// a text.
func About(t event.Type, payload json.RawMessage) string {
	var c struct {
		Gate      string          `json:"gate"`
		ID        string          `json:"id"`
		Title     string          `json:"title"`
		Slug      string          `json:"slug"`
		To        string          `json:"to"`
		Type      string          `json:"type"`
		Text      string          `json:"text"`
		DependsOn json.RawMessage `json:"depends_on"`
		Types     []string        `json:"types"`
	}
	_ = json.Unmarshal(payload, &c) // another shape has no subject
	if c.ID != "" {
		c.ID = prefixOf(t) + c.ID
	}
	on := ""
	if t == event.DependencyAdded || t == event.DependencyRemoved {
		_ = json.Unmarshal(c.DependsOn, &on) // as above
		on = KindTask.Prefix() + on
	}
	var parts []string
	for _, part := range []string{c.ID, c.Gate, c.Type, c.Title, c.Slug, c.To, c.Text, on} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(append(parts, c.Types...), " ")
}

// prefixOf is the letter before the id of what events of a type are about.
func prefixOf(t event.Type) string {
	for begin, kind := range map[string]Kind{
		"Task": KindTask, "Dependency": KindTask, "Decision": KindDecision, "Memory": KindMemory, "Note": KindNote, "Proof": KindProof,
		"Condition": KindCondition, "Query": KindQuestion, "Risk": KindRisk, "Blocker": KindBlocker, "Feedback": KindFeedback,
	} {
		if strings.HasPrefix(string(t), begin) {
			return kind.Prefix()
		}
	}
	return ""
}
