package event

// AssessmentStarted is the type of the events in which an existing codebase is put under examination.
const AssessmentStarted Type = "AssessmentStarted"

// AssessmentStartedPayload is the payload of [AssessmentStarted].
type AssessmentStartedPayload struct {
	ID string `json:"id"`
	// Commit is what is examined.
	Commit string `json:"commit,omitempty"`
	// Sections are those asked for: "architecture", "security", "quality",
	// "devops", "frontend", "backend", "ai_ml", "data".
	Sections []string `json:"sections"`
}

// EventType returns [AssessmentStarted].
func (*AssessmentStartedPayload) EventType() Type { return AssessmentStarted }

// AssessmentFinding is one thing that an assessment found.
type AssessmentFinding struct {
	Title string `json:"title"`
	// Severity is "critical", "high", "medium" or "low".
	Severity string `json:"severity"`
	Detail   string `json:"detail,omitempty"`
	// Paths are where it was found.
	Paths []string `json:"paths,omitempty"`
}

// AssessmentSubmitted is the type of the events in which one section of an assessment is handed in.
const AssessmentSubmitted Type = "AssessmentSubmitted"

// AssessmentSubmittedPayload is the payload of [AssessmentSubmitted].
type AssessmentSubmittedPayload struct {
	ID      string `json:"id"`
	Section string `json:"section"`
	// Score is from 0 to 100.
	Score    int                 `json:"score"`
	Summary  string              `json:"summary"`
	Findings []AssessmentFinding `json:"findings,omitempty"`
}

// EventType returns [AssessmentSubmitted].
func (*AssessmentSubmittedPayload) EventType() Type { return AssessmentSubmitted }

// AssessmentConcluded is the type of the events in which the sections of an assessment come together in a recommendation.
const AssessmentConcluded Type = "AssessmentConcluded"

// AssessmentConcludedPayload is the payload of [AssessmentConcluded].
type AssessmentConcludedPayload struct {
	ID string `json:"id"`
	// Recommendation is "maintain", "enhance", "refactor" or "rewrite".
	Recommendation string `json:"recommendation"`
	Score          int    `json:"score"`
	Summary        string `json:"summary"`
	// Missing are the sections that were asked for and not handed in.
	Missing []string `json:"missing,omitempty"`
}

// EventType returns [AssessmentConcluded].
func (*AssessmentConcludedPayload) EventType() Type { return AssessmentConcluded }

// TestScenarioPlanned is the type of the events in which it is said what an integration test has to show.
const TestScenarioPlanned Type = "TestScenarioPlanned"

// TestScenarioPlannedPayload is the payload of [TestScenarioPlanned].
type TestScenarioPlannedPayload struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	// Given, When and Then are what is there, what is done and what has to hold.
	Given string `json:"given,omitempty"`
	When  string `json:"when"`
	Then  string `json:"then"`
	// Story is the id of the story that it covers, or empty.
	Story    string `json:"story,omitempty"`
	Priority string `json:"priority"`
}

// EventType returns [TestScenarioPlanned].
func (*TestScenarioPlannedPayload) EventType() Type { return TestScenarioPlanned }

// TestScenarioUpdated is the type of the events in which a test scenario is run or rewritten; absent fields stay as they are.
const TestScenarioUpdated Type = "TestScenarioUpdated"

// TestScenarioUpdatedPayload is the payload of [TestScenarioUpdated].
type TestScenarioUpdatedPayload struct {
	ID    string  `json:"id"`
	Title *string `json:"title,omitempty"`
	Given *string `json:"given,omitempty"`
	When  *string `json:"when,omitempty"`
	Then  *string `json:"then,omitempty"`
	// Status is "planned", "written", "passing", "failing" or "dropped".
	Status *string `json:"status,omitempty"`
	// Test is the test that covers it, such as a path with a name.
	Test *string `json:"test,omitempty"`
}

// EventType returns [TestScenarioUpdated].
func (*TestScenarioUpdatedPayload) EventType() Type { return TestScenarioUpdated }

// QualityMeasured is the type of the events in which a figure of quality is taken.
const QualityMeasured Type = "QualityMeasured"

// QualityMeasuredPayload is the payload of [QualityMeasured].
type QualityMeasuredPayload struct {
	// Metric is what was measured, such as "coverage" or "lint_errors".
	Metric string  `json:"metric"`
	Value  float64 `json:"value"`
	// Unit is what Value counts, such as "percent"; empty for plain numbers.
	Unit string `json:"unit,omitempty"`
	// Threshold is what the quality tier asks for, if it asks for anything.
	Threshold *float64 `json:"threshold,omitempty"`
	OK        bool     `json:"ok"`
	Commit    string   `json:"commit,omitempty"`
	// Proof is the id of the proof that the figure was read from, or empty.
	Proof string `json:"proof,omitempty"`
}

// EventType returns [QualityMeasured].
func (*QualityMeasuredPayload) EventType() Type { return QualityMeasured }
