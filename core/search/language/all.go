package language

import (
	"slices"
	"strings"
)

// All returns every language that is known, in the order of their IDs.
func All() []Language {
	all := make([]Language, 0, len(languages))
	for id, l := range languages {
		all = append(all, Language{ID: id, Name: l.name, Prose: l.prose})
	}
	slices.SortFunc(all, func(a, b Language) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// Named returns the language that a person means by a word: its ID, its name in
// any case, or the ending of its files, with or without the dot.
func Named(word string) (Language, bool) {
	lower := strings.ToLower(word)
	if l, ok := ByID(lower); ok {
		return l, true
	}
	for id, l := range languages {
		if strings.EqualFold(l.name, word) {
			return ByID(id)
		}
	}
	if lower == "golang" {
		return ByID("go")
	}
	return ByID(settle(byExtension("x."+strings.TrimPrefix(lower, ".")), "x."+lower, nil))
}
