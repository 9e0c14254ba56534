package event

import (
	"encoding/json"
	"strings"
)

// Subject finds what an event is about in its payload, for people: ids, a title, a
// text.
func Subject(payload json.RawMessage) string {
	var c struct {
		Gate  string   `json:"gate"`
		ID    string   `json:"id"`
		Title string   `json:"title"`
		Slug  string   `json:"slug"`
		To    string   `json:"to"`
		Type  string   `json:"type"`
		Text  string   `json:"text"`
		Types []string `json:"types"`
	}
	_ = json.Unmarshal(payload, &c) // another shape has no subject
	var parts []string
	for _, part := range []string{c.ID, c.Gate, c.Type, c.Title, c.Slug, c.To, c.Text} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(append(parts, c.Types...), " ")
}
