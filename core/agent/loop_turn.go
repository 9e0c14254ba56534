package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// What the loop says to the model.
const (
	noteSumUp = "You have no turns left. Do not call tools. Say what you did, what is finished, what is not, and what should be done next."
	noteGoOn  = "Your answer was cut off because it reached the limit of its length. Go on exactly where it stopped."
)

// mostCuts is how often in a row a model is asked to go on with an answer.
const mostCuts = 3

// turn asks the model once, however often that takes, and calls the tools.
func (l *loop) turn(ctx context.Context) (*Turn, error) {
	t := &Turn{Number: len(l.turns) + 1, StartedAt: l.Clock.Now(), Trimmed: l.trimmed}
	sumUp := t.Number > l.Limits.Turns
	if sumUp {
		l.note(noteSumUp)
	}
	answer, err := l.ask(ctx, t, sumUp)
	if err != nil {
		// What failed requests used belongs to no turn.
		l.usage = l.usage.Plus(t.Usage)
		l.retries += t.Retries
		return nil, err
	}
	t.ID, t.Model, t.Stop, t.FirstChunk = answer.ID, answer.Model, answer.Stop, answer.FirstChunk
	t.Answer = Message{Role: RoleAssistant, Blocks: answer.Blocks}
	t.Reply.Role = RoleUser
	uses := t.Answer.ToolUses()
	switch {
	case answer.Stop == StopRefusal:
		t.Final = true
	case sumUp:
		t.Final = true
	case len(uses) > 0:
		t.Reply.Blocks = l.callAll(ctx, t, uses)
	case answer.Stop == StopPause:
	case answer.Stop == StopMaxTokens && l.cuts < mostCuts && len(answer.Blocks) > 0:
		t.Reply.Blocks = []Block{{Type: BlockText, Text: noteGoOn}}
	default:
		t.Final = true
	}
	t.EndedAt = l.Clock.Now()
	return t, nil
}

// note adds a text to the last message of the user.
func (l *loop) note(text string) {
	last := &l.messages[len(l.messages)-1]
	if last.Role != RoleUser {
		l.messages = append(l.messages, UserText(text))
		return
	}
	// The blocks may be those of a recorded turn.
	last.Blocks = append(slices.Clip(last.Blocks), Block{Type: BlockText, Text: text})
}

// ask makes the request until it is answered or there is no use in going on.
func (l *loop) ask(ctx context.Context, t *Turn, sumUp bool) (*Answer, error) {
	silent := false
	for try := 1; ; try++ {
		answer, err := l.request(ctx, t, sumUp)
		if err == nil && answer.Stop == StopTooLong {
			err = &Error{Kind: KindTooLong, Provider: l.Model.Name(), Message: "the conversation is longer than the model can take"}
		}
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, ContextError(ctx)
		}
		e := asError(l.Model.Name(), err)
		switch {
		case e.Kind == KindTooLong:
			if !l.shortenAnswer(e) && !l.shorten(t) {
				return nil, l.tooLong(e)
			}
			try--
			continue
		case errors.Is(e, errSilent) && silent, !e.Passes():
			return nil, e
		case try >= l.Retry.Tries:
			return nil, triedOften(e, try)
		}
		silent = errors.Is(e, errSilent)
		if err := l.pause(ctx, e, t, try); err != nil {
			return nil, err
		}
	}
}

// asError makes any error of a model one with a kind.
func asError(provider string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return &Error{Kind: KindServer, Provider: provider, Message: err.Error(), Err: err}
}

func triedOften(e *Error, tries int) *Error {
	last := *e
	last.Message = fmt.Sprintf("%s (tried %d times)", e.Message, tries)
	return &last
}

// pause waits before the next try.
func (l *loop) pause(ctx context.Context, e *Error, t *Turn, try int) error {
	d := l.Retry.Longest
	if shift := try - 1; shift < 32 && l.Retry.First<<shift > 0 {
		d = min(d, l.Retry.First<<shift)
	}
	const quarter = 4
	d -= time.Duration(l.Clock.Jitter() * float64(d) / quarter)
	if e.RetryAfter > l.Retry.LongestAsked {
		late := *e
		late.Message = fmt.Sprintf("%s; it asks to wait for %s, which is longer than %s", e.Message, e.RetryAfter.Round(time.Second), l.Retry.LongestAsked)
		return &late
	}
	d = max(d, e.RetryAfter)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		late := *e
		late.Message = fmt.Sprintf("%s; there is no time left to try again in %s", e.Message, d.Round(time.Millisecond))
		return &late
	}
	t.Retries++
	l.live.send(Delta{Kind: DeltaRetry, Turn: t.Number, Text: e.Error(), Wait: d})
	if err := l.Clock.Wait(ctx, d); err != nil {
		return ContextError(ctx)
	}
	return nil
}

// request makes the request once, within the budgets.
func (l *loop) request(ctx context.Context, t *Turn, sumUp bool) (*Answer, error) {
	req := Request{
		Model: l.ModelName, System: l.System, Messages: slices.Clone(l.messages), Tools: l.Tools, MaxTokens: l.Limits.Answer, Effort: l.Effort,
		CacheFor: l.CacheFor, NoTools: sumUp, Conversation: l.Conversation,
	}
	grant, err := l.reserve(ctx, &req, t)
	if err != nil {
		return nil, err
	}
	answer, err := l.send(ctx, req, t.Number)
	var used Usage
	if answer != nil {
		used = l.price(req, answer, err)
		if err == nil {
			l.counted = answer.Usage.Prompt() + answer.Usage.Output
		}
	}
	t.Usage = t.Usage.Plus(used)
	if settled := l.settle(ctx, grant, used); settled != nil {
		return nil, settled
	}
	return answer, err
}
