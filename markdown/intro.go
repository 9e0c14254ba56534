package markdown

import (
	"slices"
	"strings"
)

// The paragraphs below the titles of the files that are read back. A paragraph
// that is not one of them, or not one of earlier versions, was written by
// somebody and is kept.
const (
	introTasks = "Edit this file as you like, then run `layercake sync`. Tick a box to finish a task; change the text behind its id to retitle it; " +
		"change the values below it, such as `priority: high`; move its line to change the order; delete its lines to cancel it. " +
		"A new line under a heading, such as `- [ ] Write the docs`, becomes a task and gets an id. " +
		"What else you write stays where you put it. STATUS.md and GATES.md show more, but are only to be read."
	introDecisions = "Edit this file as you like, then run `layercake sync`. Each section is one decision, oldest first: the text behind an id is its title, " +
		"the quotes are its texts, and all of them can be changed. A new heading, such as `## Use Go`, with text below it becomes a decision and gets an id. " +
		"What you write below a heading `## Notes` is yours and stays."
	introMemory = "Edit this file as you like, then run `layercake sync`. This is what was learnt and is worth keeping, by kind and oldest first: " +
		"the text behind an id is its title, the quote below is what was learnt, and both can be changed. Delete its lines to take it off the list. " +
		"A new line under a heading is kept and gets an id; under `## Notes` it becomes a note. What else you write stays where you put it."

	noTasks     = "There are no tasks yet."
	noDecisions = "No decisions have been recorded yet."
	noMemories  = "Nothing has been kept yet."

	introTasksV1 = "LayerCake writes this file anew; change tasks with `layercake task`. An edit made here is not read, and the file " +
		"is then left as it is until you say otherwise."
	introDecisionsV1 = "Each section is one decision, oldest first. The text behind an id is its title; the quotes are its texts. " +
		"LayerCake writes this file anew; record decisions with `layercake decision add`."
	introMemoryV1 = "What was learnt and is worth keeping, by kind and oldest first. The text behind an id is its title, the quote below " +
		"is what was learnt. LayerCake writes this file anew; keep something with `layercake memory add`."
)

// introsOf lists the paragraphs that may stand below the title of a file, the
// one that says what can be edited first.
func introsOf(file string) []string {
	switch file {
	case fileTasks:
		return []string{introTasks, introTasksV1, noTasks}
	case fileDecisions:
		return []string{introDecisions, introDecisionsV1, noDecisions}
	case fileMemory:
		return []string{introMemory, introMemoryV1, noMemories}
	}
	return nil
}

// isIntro reports whether a paragraph below a title is LayerCake's. Where its
// lines break does not count.
func isIntro(file, paragraph string) bool {
	words := strings.Join(strings.Fields(paragraph), " ")
	return slices.Contains(introsOf(file), words) || file == fileTasks && isSummary(words)
}

// saysWhatCanBeEdited reports whether a paragraph is the one that every
// rendering of a file has.
func saysWhatCanBeEdited(file, paragraph string) bool {
	intros := introsOf(file)
	return len(intros) > 0 && slices.Contains(intros[:2], strings.Join(strings.Fields(paragraph), " "))
}

// isSummary reports whether a text counts tasks, as in "2 tasks: 1 queued, 1
// complete.".
func isSummary(s string) bool {
	rest, found := cutNumber(s)
	if !found {
		return false
	}
	rest = strings.TrimPrefix(strings.TrimPrefix(rest, "task"), "s")
	rest, found = strings.CutPrefix(rest, ": ")
	if !found || !strings.HasSuffix(rest, ".") {
		return false
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, "."), ", ") {
		state, found := cutNumber(part)
		if !found || !isStatus(unhuman(state)) {
			return false
		}
	}
	return true
}

// cutNumber cuts a number and a blank off the start of a text.
func cutNumber(s string) (rest string, found bool) {
	number, rest, found := strings.Cut(s, " ")
	return rest, found && number != "" && strings.Trim(number, "0123456789") == ""
}
