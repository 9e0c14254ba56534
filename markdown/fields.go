package markdown

import (
	"slices"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// The names in [Record.Fields].
const (
	fieldTitle         = "title"
	fieldDescription   = "description"
	fieldPriority      = "priority"
	fieldStatus        = "status"
	fieldType          = "type"
	fieldOwner         = "owner"
	fieldPhase         = "phase"
	fieldGate          = "gate"
	fieldAfter         = "after"
	fieldParent        = "parent"
	fieldSpecs         = "specs"
	fieldStories       = "stories"
	fieldBlockedReason = "blocked_reason"
	fieldBlockedBy     = "blocked_by"
	fieldResult        = "result"

	fieldContext        = "context"
	fieldDecision       = "decision"
	fieldRationale      = "rationale"
	fieldAlternatives   = "alternatives"
	fieldConsequences   = "consequences"
	fieldSupersedes     = "supersedes"
	fieldSupersededBy   = "superseded_by"
	fieldReversedReason = "reversed_reason"
	fieldBy             = "by"
	fieldOn             = "on"

	fieldKind       = "kind"
	fieldScope      = "scope"
	fieldConfidence = "confidence"
	fieldTags       = "tags"
	fieldLinks      = "links"
	fieldContent    = "content"
	fieldRetracted  = "retracted"

	fieldText  = "text"
	fieldAbout = "about"
)

// Fields returns the names that [Record.Fields] of a kind can have. Names that
// end a text of several lines come last.
func Fields(kind core.Kind) []string {
	switch kind {
	case core.KindTask:
		return []string{
			fieldTitle, fieldPriority, fieldStatus, fieldType, fieldOwner, fieldPhase, fieldGate, fieldAfter, fieldParent, fieldSpecs, fieldStories,
			fieldBlockedBy, fieldBlockedReason, fieldResult, fieldDescription,
		}
	case core.KindDecision:
		return []string{
			fieldTitle, fieldStatus, fieldGate, fieldSupersedes, fieldSupersededBy, fieldBy, fieldOn, fieldReversedReason,
			fieldContext, fieldDecision, fieldRationale, fieldAlternatives, fieldConsequences,
		}
	case core.KindMemory:
		return []string{fieldTitle, fieldKind, fieldScope, fieldConfidence, fieldTags, fieldLinks, fieldBy, fieldOn, fieldRetracted, fieldContent}
	case core.KindNote:
		return []string{fieldAbout, fieldBy, fieldOn, fieldText}
	default:
		return nil
	}
}

// form is how a value is written.
type form uint8

const (
	// asText is a value of one line, as it is.
	asText form = iota
	// asName is a name of ours, with blanks for underscores.
	asName
	// asList is several values between commas.
	asList
	// asIDs is several ids between commas, in no order.
	asIDs
)

// formOf returns how the value of an attribute of a record is written, and
// false for what is no attribute of such a record.
func formOf(kind core.Kind, key string) (form, bool) {
	if !slices.Contains(attributeKeys(kind), key) {
		return 0, false
	}
	switch key {
	case fieldPriority, fieldStatus, fieldType, fieldPhase, fieldKind, fieldScope:
		return asName, true
	case fieldAfter, fieldParent, fieldSupersedes:
		return asIDs, true
	case fieldSpecs, fieldStories, fieldTags, fieldLinks:
		return asList, true
	}
	return asText, true
}

// attributeKeys lists the attributes of a kind of record.
func attributeKeys(kind core.Kind) []string {
	switch kind {
	case core.KindTask:
		return taskAttributes
	case core.KindDecision:
		return decisionAttributes
	case core.KindMemory:
		return memoryAttributes
	case core.KindNote:
		return noteAttributes
	default:
		return nil
	}
}

//nolint:gochecknoglobals // lists that are looked into for every line, never written to
var (
	taskAttributes = []string{
		fieldPriority, fieldStatus, fieldType, fieldOwner, fieldGate, fieldAfter, fieldParent, fieldSpecs, fieldStories, fieldPhase,
	}
	decisionAttributes = []string{fieldStatus, fieldGate, fieldSupersedes, fieldBy, fieldOn}
	memoryAttributes   = []string{fieldScope, fieldConfidence, fieldTags, fieldLinks, fieldBy, fieldOn, fieldKind}
	noteAttributes     = []string{fieldAbout, fieldBy, fieldOn}

	// oldAttributes were written by the first version, and say nothing that a
	// file can change.
	oldAttributes = []string{"claimed", "finished"}
)

// isAttribute reports whether a word is an attribute of any record.
func isAttribute(key string) bool {
	return slices.Contains(taskAttributes, key) || slices.Contains(memoryAttributes, key) ||
		slices.Contains(decisionAttributes, key) || slices.Contains(noteAttributes, key)
}

// labelOf returns the field of a text with a label before it, and what the label
// says besides.
func labelOf(kind core.Kind, label string) (field, id string, ok bool) {
	switch {
	case kind == core.KindTask && (label == "result" || label == "reason"):
		return fieldResult, "", true
	case kind == core.KindTask && label == "blocked":
		return fieldBlockedReason, "", true
	case kind == core.KindTask && strings.HasPrefix(label, "blocked by "):
		id := strings.TrimSpace(strings.TrimPrefix(label, "blocked by "))
		return fieldBlockedReason, id, !strings.Contains(id, " ")
	case kind == core.KindMemory && label == "retracted":
		return fieldRetracted, "", true
	case kind == core.KindDecision && label == "reversed":
		return fieldReversedReason, "", true
	}
	return "", "", false
}

// unhuman reads a name of ours that is written as words.
func unhuman(s string) string {
	if isWord(s) {
		return s
	}
	return strings.ReplaceAll(strings.Join(strings.Fields(strings.ToLower(s)), "_"), "-", "_")
}

func isStatus(s string) bool { return slices.Contains(project.TaskStatuses(), project.TaskStatus(s)) }
