package mcp

import (
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

type contextSummary struct {
	Project   projectView     `json:"project"`
	Gate      *gateNow        `json:"gate,omitempty"`
	Next      nextView        `json:"next"`
	Tasks     map[string]int  `json:"tasks"`
	Yours     []taskRow       `json:"yours"`
	Ready     []taskRow       `json:"ready"`
	Answers   []questionRow   `json:"answers"`
	Questions []questionRow   `json:"questions"`
	Blockers  []blockerRow    `json:"blockers"`
	Changes   []changeRow     `json:"change_requests"`
	Bound     []constraintRow `json:"constraints"`
	Decisions []decisionRow   `json:"decisions"`
	Memories  []memoryRow     `json:"memories"`
	Progress  []progressRow   `json:"progress"`
	Left      []conditionRow  `json:"conditions"`
	Risks     int             `json:"open_risks"`
	You       string          `json:"you"`
	Version   int64           `json:"version"`
}

// How much a summary shows of each kind.
const (
	summaryReasons = 8
	summaryRows    = 8
)

func getContextSummary(ctx context.Context, w *work, _ nothing) (*contextSummary, error) {
	st, err := w.Status(ctx, w.at, core.At{})
	if err != nil {
		return nil, err
	}
	s := &contextSummary{
		Project: newProjectView(st.Project), Gate: newGateNow(st, summaryReasons), Next: newNextView(st.Next()), Tasks: countTasks(st.Tasks),
		Ready: w.taskRows(st.Ready), Risks: st.Risks, You: w.by.Actor.String(), Version: st.Version,
	}
	s.Questions = rows(first(st.Questions, summaryRows), newQuestionRow)
	s.Blockers = rows(first(st.Blockers, summaryRows), newBlockerRow)
	s.Left = rows(first(st.Conditions, summaryRows), newConditionRow)
	s.Changes = rows(first(st.Feedback, summaryRows), newChangeRow)
	if err := s.remember(ctx, w); err != nil {
		return nil, err
	}
	if err := s.fit(); err != nil {
		return nil, err
	}
	return s, nil
}

// remember adds what was written down.
func (s *contextSummary) remember(ctx context.Context, w *work) error {
	mine, err := w.Tasks.List(ctx, w.now(), core.TaskQuery{
		Owner: w.by.Actor.String(), Statuses: []project.TaskStatus{project.TaskInProgress, project.TaskNotStarted, project.TaskBlocked}, Limit: summaryRows,
	})
	if err != nil {
		return err
	}
	s.Yours = w.taskRows(mine)
	constraints, err := w.Projects.Constraints(ctx, w.now())
	if err != nil {
		return err
	}
	s.Bound = rows(first(constraints, summaryRows), newConstraintRow)
	decisions, err := w.Records.Decisions(ctx, w.now())
	if err != nil {
		return err
	}
	s.Decisions = rows(newest(decisions, summaryRows), newDecisionRow)
	memories, err := w.Records.Memories(ctx, w.now(), false)
	if err != nil {
		return err
	}
	s.Memories = rows(newest(memories, summaryRows), newMemoryRow)
	notes, err := w.Records.Notes(ctx, w.now(), kindProgress, "", summaryRows)
	if err != nil {
		return err
	}
	s.Progress = rows(notes, newProgressRow)
	s.Answers, err = answers(ctx, w)
	return err
}

// fit makes a summary shorter until it is one page: of everything less, rather
// than of something nothing.
func (s *contextSummary) fit() error {
	for _, to := range []struct{ rows, chars int }{{summaryRows, maxExcerpt}, {6, 200}, {5, 120}, {4, 80}, {3, 60}} {
		s.shorten(to.rows, to.chars)
		text, err := encode(s)
		if err != nil || len(text) <= maxSummary {
			return err
		}
	}
	return nil
}

// maxSummary is how long a summary is, in bytes, about 3,000 tokens.
const maxSummary = 11_000

func (s *contextSummary) shorten(rows, chars int) {
	s.Yours, s.Ready = first(s.Yours, rows), first(s.Ready, rows)
	s.Answers = shorter(s.Answers, rows, func(r *questionRow) { r.Question, r.Answer = clip(r.Question, chars), clip(r.Answer, chars) })
	s.Questions = shorter(s.Questions, rows, func(r *questionRow) {
		r.Question = clip(r.Question, chars)
		for i := range r.Options {
			r.Options[i] = clip(r.Options[i], chars)
		}
	})
	s.Blockers = shorter(s.Blockers, rows, func(r *blockerRow) { r.Title, r.Description = clip(r.Title, chars), clip(r.Description, chars) })
	s.Changes = shorter(s.Changes, rows, func(r *changeRow) { r.Text = clip(r.Text, chars) })
	s.Bound = shorter(s.Bound, rows, func(r *constraintRow) { r.Value, r.Reason = clip(r.Value, chars), clip(r.Reason, chars) })
	s.Left = shorter(s.Left, rows, func(r *conditionRow) { r.Text = clip(r.Text, chars) })
	s.Decisions = shorter(s.Decisions, rows, func(r *decisionRow) { r.Title, r.Decision = clip(r.Title, chars), clip(r.Decision, chars) })
	s.Memories = shorter(s.Memories, rows, func(r *memoryRow) { r.Title, r.Content = clip(r.Title, chars), clip(r.Content, chars) })
	s.Progress = shorter(s.Progress, rows, func(r *progressRow) { r.Text = clip(r.Text, chars) })
	for _, list := range [][]taskRow{s.Yours, s.Ready} {
		for i := range list {
			list[i].Title = clip(list[i].Title, chars)
		}
	}
}

func shorter[T any](list []T, n int, cut func(*T)) []T {
	list = first(list, n)
	for i := range list {
		cut(&list[i])
	}
	return list
}
