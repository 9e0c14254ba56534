package project

import "time"

// States shared by conditions, blockers, questions, risks and feedback.
const (
	statusOpen     = "open"
	statusResolved = "resolved"
)

// DecisionStatus is where a decision stands.
type DecisionStatus string

// The decision states.
const (
	DecisionProposed   DecisionStatus = "proposed"
	DecisionAccepted   DecisionStatus = "accepted"
	DecisionSuperseded DecisionStatus = "superseded"
	DecisionReversed   DecisionStatus = "reversed"
)

// Decision is a decision in the form of an architecture decision record.
type Decision struct {
	ID             string         `json:"id"`
	ShortID        string         `json:"short_id"`
	Title          string         `json:"title"`
	Context        string         `json:"context"`
	Decision       string         `json:"decision"`
	Rationale      string         `json:"rationale"`
	Alternatives   []string       `json:"alternatives"`
	Consequences   string         `json:"consequences"`
	Status         DecisionStatus `json:"status"`
	Gate           string         `json:"gate"`
	SupersededBy   string         `json:"superseded_by"`
	ReversedReason string         `json:"reversed_reason"`
	CreatedBy      string         `json:"created_by"`
	CreatedAt      time.Time      `json:"created_at"`
	Version        int64          `json:"version"`
}

// MemoryKinds returns the kinds of memories.
func MemoryKinds() []string {
	return []string{"pattern", "decision", "failure", "gotcha", "success", "integration", "performance", "security"}
}

// MemoryScopes returns how far a memory holds, widest first.
func MemoryScopes() []string { return []string{"universal", "stack", "domain", "project"} }

// Memory is something learnt that is worth keeping.
type Memory struct {
	ID         string    `json:"id"`
	ShortID    string    `json:"short_id"`
	Kind       string    `json:"kind"`
	Scope      string    `json:"scope"`
	Title      string    `json:"title"`
	Content    string    `json:"content"`
	Confidence float64   `json:"confidence"`
	Tags       []string  `json:"tags"`
	Links      []string  `json:"links"`
	Retracted  string    `json:"retracted"`
	CreatedBy  string    `json:"created_by"`
	CreatedAt  time.Time `json:"created_at"`
	Version    int64     `json:"version"`
	// Unlisted says that its line was taken out of MEMORY.md.
	Unlisted bool `json:"-"`
}

// Note is something written down; kind "progress" makes up the progress log.
type Note struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	Version   int64     `json:"version"`
}

// Document is a document that the project keeps track of.
type Document struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Path      string    `json:"path"`
	Kind      string    `json:"kind"`
	SHA256    string    `json:"sha256"`
	Size      int64     `json:"size"`
	Version   int       `json:"version"`
	Locked    bool      `json:"locked"`
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Risk is something that may go wrong.
type Risk struct {
	ID          string    `json:"id"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	Probability string    `json:"probability"`
	Impact      string    `json:"impact"`
	Mitigation  string    `json:"mitigation"`
	Status      string    `json:"status"`
	Note        string    `json:"note"`
	CreatedBy   string    `json:"created_by"`
	CreatedAt   time.Time `json:"created_at"`
}

// Severities returns the severities of blockers, worst first.
func Severities() []string { return []string{"critical", "high", "medium", "low"} }

// Blocker is something that stands in the way of a gate, or of all.
type Blocker struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Severity    string     `json:"severity"`
	Gate        string     `json:"gate"`
	Level       int        `json:"level"`
	Status      string     `json:"status"`
	Resolution  string     `json:"resolution"`
	CreatedBy   string     `json:"created_by"`
	CreatedAt   time.Time  `json:"created_at"`
	ResolvedAt  *time.Time `json:"resolved_at"`
}

// QuestionKinds returns the kinds of questions.
func QuestionKinds() []string {
	return []string{"clarification", "validation", "consultation", "estimation"}
}

// Question is a question that waits for an answer.
type Question struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	To         string     `json:"to"`
	Question   string     `json:"question"`
	Options    []string   `json:"options"`
	Blocking   bool       `json:"blocking"`
	Status     string     `json:"status"`
	Answer     string     `json:"answer"`
	AnsweredBy string     `json:"answered_by"`
	CreatedBy  string     `json:"created_by"`
	CreatedAt  time.Time  `json:"created_at"`
	AnsweredAt *time.Time `json:"answered_at"`
}

// Feedback is a change that a person asked for.
type Feedback struct {
	ID         string    `json:"id"`
	Gate       string    `json:"gate"`
	Role       string    `json:"role"`
	Text       string    `json:"text"`
	Status     string    `json:"status"`
	Resolution string    `json:"resolution"`
	CreatedBy  string    `json:"created_by"`
	CreatedAt  time.Time `json:"created_at"`
}

// Constraint is something a person bound the project to.
type Constraint struct {
	Key    string    `json:"key"`
	Value  string    `json:"value"`
	Reason string    `json:"reason"`
	SetBy  string    `json:"set_by"`
	SetAt  time.Time `json:"set_at"`
}

// Trust is a file of the repository that a person accepted.
type Trust struct {
	Subject   string    `json:"subject"`
	Digest    string    `json:"digest"`
	Level     Level     `json:"level"`
	GrantedBy string    `json:"granted_by"`
	GrantedAt time.Time `json:"granted_at"`
}
