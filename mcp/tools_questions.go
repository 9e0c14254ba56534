package mcp

import (
	"context"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

// questionTools see to questions between roles; ask_person asks people.
func questionTools() []Tool {
	return []Tool{
		onProject(Tool{
			Name: "create_query", Title: "Ask another role", Toolset: setQuestions, Hints: adds(),
			Description: "Ask another agent role, such as architect or qa-engineer: a clarification, validation, consultation or estimation. " +
				"ask_person asks the person.",
			SearchHint: "question agent consult estimate",
		}, createQueryIn{To: "architect", Question: "May the API break in v2?"}, createQuery),
		onProject(Tool{
			Name: "get_pending_queries", Title: "List questions", Toolset: setQuestions, Hints: readsOnly(),
			Description: "Open questions, or all with their answers; to one role or person, if named.",
			SearchHint:  "queries answers waiting inbox unanswered",
		}, getQueriesIn{To: "architect"}, getQueries),
		onProject(Tool{
			Name: "answer_query", Title: "Answer a question", Toolset: setQuestions, Hints: adds(),
			Description: "Answer a question that was asked of a role. What was asked of a person, only a person can answer.",
			SearchHint:  "reply respond",
		}, answerIn{ID: "q-7k3f", Answer: "Yes, with a migration guide"}, answerQuery),
	}
}

type createQueryIn struct {
	To       string   `doc:"The role, such as architect."         json:"to"                 min:"1"`
	Question string   `json:"question"                            min:"1"`
	Kind     string   `doc:"clarification if left out."           enum:"question_kind"      json:"kind,omitempty"`
	Options  []string `json:"options,omitempty"`
	Blocking bool     `doc:"You cannot go on without the answer." json:"blocking,omitempty"`
}

func createQuery(ctx context.Context, w *work, in createQueryIn) (*recordChanged, error) {
	q, err := w.Records.Ask(ctx, w.by, w.at.Project, project.AskQuestion{
		Kind: in.Kind, To: in.To, Question: in.Question, Options: in.Options, Blocking: in.Blocking,
	})
	if err != nil {
		return nil, err
	}
	return questionChanged(q), nil
}

func questionChanged(q *project.Question) *recordChanged {
	return &recordChanged{ID: core.KindQuestion.Prefix() + q.ID, Status: q.Status, Title: line(q.Question)}
}

type getQueriesIn struct {
	To  string `doc:"A role, or person."            json:"to,omitempty"`
	All bool   `doc:"Also those that are answered." json:"all,omitempty"`
	paging
}

type getQueriesOut struct {
	Questions []questionRow `json:"questions"`
	page
}

func getQueries(ctx context.Context, w *work, in getQueriesIn) (*getQueriesOut, error) {
	list, err := w.Records.Questions(ctx, w.now(), in.All)
	if err != nil {
		return nil, err
	}
	list = keep(list, func(q *project.Question) bool { return in.To == "" || q.To == in.To })
	out := &getQueriesOut{}
	const most = 4000
	out.Questions, out.page, err = paginate(list, in.paging, func(q *project.Question) questionRow {
		row := newQuestionRow(q)
		row.Question, row.Answer = clip(q.Question, most), clip(q.Answer, most)
		return row
	})
	return out, err
}

type answerIn struct {
	ID     string `json:"id"     min:"1"`
	Answer string `json:"answer" min:"1"`
}

func answerQuery(ctx context.Context, w *work, in answerIn) (*recordChanged, error) {
	q, err := w.Records.Answer(ctx, w.by, w.at.Project, in.ID, in.Answer)
	if err != nil {
		return nil, err
	}
	return questionChanged(q), nil
}
