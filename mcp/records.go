package mcp

import (
	"context"
	"slices"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// kindProgress is the kind of the notes that make up the progress log.
const kindProgress = "progress"

type questionRow struct {
	ID         string   `json:"id"`
	To         string   `json:"to"`
	Question   string   `json:"question"`
	Options    []string `json:"options,omitempty"`
	Blocking   bool     `json:"blocking,omitempty"`
	Status     string   `json:"status"`
	AskedBy    string   `json:"asked_by"`
	Answer     string   `json:"answer,omitempty"`
	AnsweredBy string   `json:"answered_by,omitempty"`
}

func newQuestionRow(q *project.Question) questionRow {
	const most = 10
	row := questionRow{
		ID: core.KindQuestion.Prefix() + q.ID, To: q.To, Question: clip(q.Question, maxExcerpt), Options: few(slices.Clone(q.Options), most), Blocking: q.Blocking,
		Status: q.Status, AskedBy: q.CreatedBy, Answer: clip(q.Answer, maxExcerpt), AnsweredBy: q.AnsweredBy,
	}
	return row
}

// answers returns what was answered last to the agent at work.
func answers(ctx context.Context, w *work) ([]questionRow, error) {
	all, err := w.Records.Questions(ctx, w.now(), true)
	if err != nil {
		return nil, err
	}
	var mine []project.Question
	for i := range all {
		if all[i].CreatedBy == w.by.Actor.String() && all[i].AnsweredAt != nil {
			mine = append(mine, all[i])
		}
	}
	const most = 5
	return rows(newest(mine, most), newQuestionRow), nil
}

type blockerRow struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Severity string `json:"severity"`
	Gate     string `json:"gate,omitempty"`
	// Level is who has it: 1 an agent, 2 the orchestrator, 3 a person.
	Level       int    `json:"level"`
	Status      string `json:"status"`
	Description string `json:"description,omitempty"`
	Resolution  string `json:"resolution,omitempty"`
}

func newBlockerRow(b *project.Blocker) blockerRow {
	return blockerRow{
		ID: core.KindBlocker.Prefix() + b.ID, Title: line(b.Title), Severity: b.Severity, Gate: b.Gate, Level: b.Level, Status: b.Status,
		Description: clip(b.Description, maxExcerpt), Resolution: clip(b.Resolution, maxExcerpt),
	}
}

type conditionRow struct {
	ID     string `json:"id"`
	Gate   string `json:"gate"`
	Text   string `json:"text"`
	Blocks string `json:"blocks"`
	Status string `json:"status"`
}

func newConditionRow(c *project.Condition) conditionRow {
	return conditionRow{ID: core.KindCondition.Prefix() + c.ID, Gate: c.Gate, Text: clip(c.Text, maxExcerpt), Blocks: c.Blocks, Status: c.Status}
}

type changeRow struct {
	ID   string `json:"id"`
	Gate string `json:"gate"`
	Role string `json:"role,omitempty"`
	Text string `json:"text"`
}

func newChangeRow(f *project.Feedback) changeRow {
	return changeRow{ID: core.KindFeedback.Prefix() + f.ID, Gate: f.Gate, Role: f.Role, Text: clip(f.Text, maxExcerpt)}
}

type constraintRow struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Reason string `json:"reason,omitempty"`
}

func newConstraintRow(c *project.Constraint) constraintRow {
	return constraintRow{Key: c.Key, Value: clip(c.Value, maxExcerpt), Reason: line(c.Reason)}
}

type decisionRow struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Decision string `json:"decision"`
	Status   string `json:"status"`
	Gate     string `json:"gate,omitempty"`
	By       string `json:"by"`
	At       string `json:"at"`
}

func newDecisionRow(d *project.Decision) decisionRow {
	return decisionRow{
		ID: d.ShortID, Title: line(d.Title), Decision: clip(d.Decision, maxExcerpt), Status: string(d.Status), Gate: d.Gate, By: d.CreatedBy,
		At: stamp(d.CreatedAt),
	}
}

type memoryRow struct {
	ID         string   `json:"id"`
	Kind       string   `json:"kind"`
	Scope      string   `json:"scope"`
	Title      string   `json:"title,omitempty"`
	Content    string   `json:"content"`
	Confidence float64  `json:"confidence"`
	Tags       []string `json:"tags,omitempty"`
	Retracted  string   `json:"retracted,omitempty"`
}

func newMemoryRow(m *project.Memory) memoryRow {
	const most = 8
	return memoryRow{
		ID: m.ShortID, Kind: m.Kind, Scope: m.Scope, Title: line(m.Title), Content: clip(m.Content, maxExcerpt), Confidence: m.Confidence,
		Tags: few(m.Tags, most), Retracted: line(m.Retracted),
	}
}

type progressRow struct {
	ID      string `json:"id"`
	At      string `json:"at"`
	By      string `json:"by"`
	Subject string `json:"subject,omitempty"`
	Text    string `json:"text"`
}

func newProgressRow(n *project.Note) progressRow {
	return progressRow{ID: core.KindNote.Prefix() + n.ID, At: stamp(n.CreatedAt), By: n.CreatedBy, Subject: n.Subject, Text: clip(n.Text, maxExcerpt)}
}
