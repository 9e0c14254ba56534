package workflow

// EditPolicy says what the editor hooks do about code that is written before
// the gates that allow it.
type EditPolicy string

// The edit policies, weakest first.
const (
	// EditsOff: nothing is said.
	EditsOff EditPolicy = "off"
	// EditsWarn: the edit goes through with a warning.
	EditsWarn EditPolicy = "warn"
	// EditsBlock: the edit is refused.
	EditsBlock EditPolicy = "block"
)

// EditPolicies lists the edit policies, weakest first.
func EditPolicies() []EditPolicy { return []EditPolicy{EditsOff, EditsWarn, EditsBlock} }

// DeliverableKind is what sort of thing a deliverable is.
type DeliverableKind string

// The kinds of deliverables.
const (
	KindDocument      DeliverableKind = "document"
	KindSpecification DeliverableKind = "specification"
	KindDesign        DeliverableKind = "design"
	KindCode          DeliverableKind = "code"
	KindReport        DeliverableKind = "report"
	// KindTracking is a document that LayerCake keeps for the project, such as
	// the cost log; see [TrackingDocuments].
	KindTracking DeliverableKind = "tracking"
)

// DeliverableKinds lists the kinds of deliverables.
func DeliverableKinds() []DeliverableKind {
	return []DeliverableKind{KindDocument, KindSpecification, KindDesign, KindCode, KindReport, KindTracking}
}

// Grades lists the grades of evidence, strongest first.
func Grades() []Grade { return []Grade{GradeCaptured, GradeAttested, GradeSubmitted} }

// rank orders grades by strength; larger is stronger.
func (g Grade) rank() int {
	for i, known := range Grades() {
		if g == known {
			return len(Grades()) - i
		}
	}
	return 0
}
