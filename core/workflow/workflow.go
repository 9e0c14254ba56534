// Package workflow describes how a project moves: its phases, the gates between
// them, and the proofs and deliverables that each gate asks for. The built-in
// workflow is data like any other; `.layercake/workflow.yaml` changes it.
//
// A workflow here is a value: resolving it from project type, preset, tier and
// overrides is pure, and the resolved value is what a person accepts, what the
// event log keeps, and what every later decision is made against.
package workflow

// Workflow is a fully resolved workflow: every gate of one project, in the
// order in which they are passed.
type Workflow struct {
	// Type is the project type the workflow was resolved for.
	Type ProjectType `json:"type"`
	// Preset is the set of gates chosen at creation.
	Preset Preset `json:"preset"`
	// Tier is the quality tier that set the thresholds.
	Tier Tier `json:"tier"`
	// Edits says what the editor hooks do about code that is written before
	// the gates that allow it.
	Edits EditPolicy `json:"edits"`
	// Gates are all gates in order, including those that do not apply to
	// today's facts.
	Gates []Gate `json:"gates"`
}

// Gate is one decision that a person takes on evidence.
type Gate struct {
	// ID is the gate's name, such as "G5" or "E1".
	ID string `json:"id"`
	// Title says what the gate is, in a few words.
	Title string `json:"title"`
	// Question is what the person is asked.
	Question string `json:"question"`
	// Phase is the phase that the gate closes.
	Phase Phase `json:"phase"`
	// Next lists the phases that approval may advance to, best first. Empty
	// means that approval leaves the phase as it is.
	Next []Transition `json:"next,omitempty"`
	// Roles are the agent roles responsible for the gate's work.
	Roles []string `json:"roles,omitempty"`
	// Proofs are the proofs that must hold before approval.
	Proofs []Proof `json:"proofs,omitempty"`
	// Deliverables are the documents and files that must be accepted.
	Deliverables []Deliverable `json:"deliverables,omitempty"`
	// AppliesWhen says for which facts the gate applies. Nil means always.
	AppliesWhen Conditions `json:"applies_when,omitempty"`
}

// Transition is one way to go on from a gate.
type Transition struct {
	// To is the phase advanced to.
	To Phase `json:"to"`
	// When says for which facts this way is open. Nil means always.
	When Conditions `json:"when,omitempty"`
}

// Proof is a requirement for one piece of evidence.
type Proof struct {
	// Type is the proof type, such as "test_output".
	Type string `json:"type"`
	// Grade is the least grade of evidence that satisfies it: captured,
	// attested or submitted.
	Grade Grade `json:"grade"`
	// Command is the pinned command: an argument vector run without a shell
	// in the project's root. Empty when nobody pinned one yet; then nothing
	// can be captured and a gate that asks for captured evidence stays shut.
	Command []string `json:"command,omitempty"`
	// Parser names the report format that Command produces; see package
	// proof. Empty or "exit" trusts the exit code alone.
	Parser string `json:"parser,omitempty"`
	// Report is the file, relative to the project's root, in which Command
	// leaves its report. Empty means standard output.
	Report string `json:"report,omitempty"`
	// Paths limits the part of the tree that the proof covers. Nil means all.
	Paths []string `json:"paths,omitempty"`
	// MinBytes is the least size of the evidence; smaller is refused as tiny.
	MinBytes int64 `json:"min_bytes,omitempty"`
	// Timeout is the most seconds the command may run. 0 means the default.
	Timeout int `json:"timeout,omitempty"`
	// Thresholds are limits on what the report says.
	Thresholds Thresholds `json:"thresholds,omitzero"`
}

// Thresholds are limits that a report must keep. Zero pointers ask nothing.
type Thresholds struct {
	// Coverage is the least coverage, in percent.
	Coverage *float64 `json:"coverage,omitempty"`
	// MaxFailures is the most failed tests.
	MaxFailures *int `json:"max_failures,omitempty"`
	// MinTests is the least number of tests that must have run.
	MinTests *int `json:"min_tests,omitempty"`
	// MaxCritical, MaxHigh, MaxMedium and MaxLow are the most findings of
	// each severity.
	MaxCritical *int `json:"max_critical,omitempty"`
	MaxHigh     *int `json:"max_high,omitempty"`
	MaxMedium   *int `json:"max_medium,omitempty"`
	MaxLow      *int `json:"max_low,omitempty"`
}

// Deliverable is a document or file that a gate asks for.
type Deliverable struct {
	// ID is the deliverable's name within the project, such as "intake" or
	// "prd": lower-case letters, digits and hyphens.
	ID string `json:"id"`
	// Title names it for people.
	Title string `json:"title"`
	// Path is where it is expected, relative to the project's root: a file,
	// or a folder ending in "/". Empty when it is not a file.
	Path string `json:"path,omitempty"`
	// Role is the agent role that makes it.
	Role string `json:"role,omitempty"`
	// Kind says what sort of thing it is.
	Kind DeliverableKind `json:"kind"`
}

// Grade is how strong a piece of evidence is.
type Grade string

// The grades, strongest first.
const (
	// GradeCaptured: LayerCake ran the pinned command itself.
	GradeCaptured Grade = "captured"
	// GradeAttested: a person vouches for it.
	GradeAttested Grade = "attested"
	// GradeSubmitted: somebody handed it in.
	GradeSubmitted Grade = "submitted"
)

// Meets reports whether evidence of grade g satisfies a requirement of grade
// want. Captured and attested evidence are different things: a person's word
// does not replace a captured run, nor a run a person's word.
func (g Grade) Meets(want Grade) bool {
	switch want {
	case GradeCaptured:
		return g == GradeCaptured
	case GradeAttested:
		return g == GradeAttested
	case GradeSubmitted:
		return g == GradeCaptured || g == GradeAttested || g == GradeSubmitted
	default:
		return false
	}
}
