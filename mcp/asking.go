package mcp

import (
	"sync"
	"time"

	"github.com/google/uuid"
	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"github.com/layercake-dev/layercake/core/fault"
)

// question is what a tool asks the person who sits at the client.
type question struct {
	message string
	// fields is the JSON schema of what can be answered.
	fields map[string]any
	// about names what exactly is asked about: an answer to the same words about
	// something else does not count.
	about string
}

// asking is the error with which a tool stops until its question is answered.
type asking struct {
	question *question
	state    string
}

// Error satisfies the interface; the answer to the client is made from the rest.
func (*asking) Error() string { return "the person at the client is asked" }

// questionID is the key of the one question that a tool asks at a time.
const questionID = "person"

// ask returns what the person at the client answered, or stops the tool until
// they did.
func (w *work) ask(q *question) (*mcpgo.ElicitationResult, error) {
	c := w.call
	if c.session == nil || !c.elicits {
		return nil, fault.NotAllowed("cannot_ask", "this client cannot put a question to the person at it").
			WithHint("ask the person you work for to run the command in their own terminal; `layercake gate list` shows what waits")
	}
	open := &c.session.server.questions
	if answer := server.ElicitationResponse(c.answers, questionID); answer != nil && open.take(c.state) == q.about {
		return answer, nil
	}
	return nil, &asking{question: q, state: open.put(q.about)}
}

// result is the reply that has the client ask its person.
func (a *asking) result() *mcpgo.CallToolResult {
	return server.NewInputRequestBuilder(a.state).
		Elicit(questionID, mcpgo.ElicitationParams{Mode: mcpgo.ElicitationModeForm, Message: a.question.message, RequestedSchema: a.question.fields}).
		ToolResult()
}

// answerTime is for how long a question waits for its answer.
const answerTime = 30 * time.Minute

// questions are those that were asked and not yet answered. Each can be answered
// once.
type questions struct {
	mu   sync.Mutex
	open map[string]openQuestion
}

type openQuestion struct {
	about string
	asked time.Time
}

// put keeps a question and returns the token that the client sends back with the
// answer. Old ones are dropped.
func (q *questions) put(about string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	for token, o := range q.open {
		if now.Sub(o.asked) > answerTime {
			delete(q.open, token)
		}
	}
	if q.open == nil {
		q.open = map[string]openQuestion{}
	}
	token := uuid.NewString()
	q.open[token] = openQuestion{about, now}
	return token
}

// take returns what the question was about, or "" for one that was not asked,
// was answered already, or is too old.
func (q *questions) take(token string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	o, ok := q.open[token]
	delete(q.open, token)
	if !ok || time.Since(o.asked) > answerTime {
		return ""
	}
	return o.about
}

// elicits reports whether the client that sent a request can ask its person.
func elicits(session *toolSession, req *mcpgo.CallToolRequest) bool {
	if caps := req.Params.Meta.ClientCapabilities(); caps != nil {
		return caps.Elicitation != nil
	}
	return session.elicits()
}
