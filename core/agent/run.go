package agent

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Defaults of [Limits] and [Retry].
const (
	defaultTurns    = 50
	defaultTurnTime = 15 * time.Minute
	defaultSilence  = 5 * time.Minute
	defaultAnswer   = 16_000
	defaultResult   = 64 << 10
	defaultToolTime = 10 * time.Minute
	defaultParallel = 8

	defaultTries        = 6
	defaultFirst        = time.Second
	defaultLongest      = time.Minute
	defaultLongestAsked = 5 * time.Minute
)

// grace is how long a model or a tool has to return after its context ended, before it
// is left to itself.
const grace = 300 * time.Millisecond

// mostReason is how many bytes of what a model says go into the message of an error.
const mostReason = 500

// loop is a run in progress.
type loop struct {
	Spec

	live     *live
	turns    []Turn
	messages []Message
	usage    Usage
	retries  int
	// counted is how many tokens the conversation has up to the last answer, as the
	// provider counted them; zero when it has not.
	counted int64
	// cuts is how often in a row an answer was cut off, and cut its text so far.
	cuts int
	cut  string
	// trimmed is of how many turns results are left out.
	trimmed int
	outcome *Outcome
}

// Run does a run of the loop. The Outcome is never nil: with an error it holds what was
// done until then. Errors are [*Error]s. It returns within a second of ctx's end; a
// model or a tool that goes on all the same is left to itself.
//
// That the limit of turns was reached is no error: the model is asked to sum up, and
// Outcome.Stop says so.
func Run(ctx context.Context, spec Spec) (*Outcome, error) {
	l := &loop{Spec: spec, live: newLive(spec.Live), outcome: &Outcome{}}
	defer l.live.close()
	if err := l.check(); err != nil {
		l.outcome.Stop = StopFailed
		return l.outcome, err
	}
	if limit := l.Limits.Time; limit > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, limit,
			&Error{Kind: KindTimeout, Message: fmt.Sprintf("the run took longer than the %s that it may", limit)})
		defer stop()
	}
	err := l.run(ctx)
	l.finish(err)
	return l.outcome, err
}

// check looks at the spec and fills in the defaults.
func (l *loop) check() error {
	switch {
	case l.Model == nil || l.ModelName == "":
		return &Error{Kind: KindInvalid, Message: "no model is named"}
	case l.Prompt == "":
		return &Error{Kind: KindInvalid, Message: "there is nothing to do: the prompt is empty"}
	case len(l.Tools) > 0 && l.Call == nil:
		return &Error{Kind: KindInvalid, Message: "there are tools, and nobody to call them"}
	}
	usual(&l.Parallel, defaultParallel)
	usual(&l.Limits.Turns, defaultTurns)
	usual(&l.Limits.Turn, defaultTurnTime)
	usual(&l.Limits.Silence, defaultSilence)
	usual(&l.Limits.Answer, defaultAnswer)
	usual(&l.Limits.Result, defaultResult)
	usual(&l.Limits.Tool, defaultToolTime)
	usual(&l.Retry.Tries, defaultTries)
	usual(&l.Retry.First, defaultFirst)
	usual(&l.Retry.Longest, defaultLongest)
	usual(&l.Retry.LongestAsked, defaultLongestAsked)
	if l.Price == nil {
		l.Price, _ = l.Model.(Pricer)
	}
	if l.Clock.Now == nil {
		l.Clock.Now = time.Now
	}
	if l.Clock.Wait == nil {
		l.Clock.Wait = wait
	}
	if l.Clock.Jitter == nil {
		l.Clock.Jitter = rand.Float64
	}
	return nil
}

func usual[T int | int64 | time.Duration](value *T, is T) {
	if *value <= 0 {
		*value = is
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// run does one turn after the other.
func (l *loop) run(ctx context.Context) error {
	l.messages = []Message{UserText(l.Prompt)}
	for _, t := range l.Turns {
		l.append(t)
		l.counted = 0
		if t.Retries == 0 {
			l.counted = t.Usage.Prompt() + t.Usage.Output
		}
	}
	for len(l.turns) == 0 || !l.turns[len(l.turns)-1].Final {
		if ctx.Err() != nil {
			return ContextError(ctx)
		}
		turn, err := l.turn(ctx)
		if err != nil {
			return err
		}
		l.append(*turn)
		l.live.send(Delta{Kind: DeltaTurn, Turn: turn.Number, Usage: &turn.Usage})
		if l.Record != nil {
			if err := l.Record(context.WithoutCancel(ctx), *turn); err != nil {
				return &Error{Kind: KindRecord, Message: fmt.Sprintf("record turn %d: %v", turn.Number, err), Err: err}
			}
		}
	}
	if l.turns[len(l.turns)-1].Stop == StopRefusal {
		return l.refusal()
	}
	return nil
}

func (l *loop) refusal() error {
	message := "the model will not answer"
	if text := l.turns[len(l.turns)-1].Answer.Text(); text != "" {
		message += ": " + cutText(text, mostReason)
	}
	return &Error{Kind: KindRefused, Provider: l.Model.Name(), Message: message}
}

// append takes a completed turn into the conversation.
func (l *loop) append(t Turn) {
	if t.Trimmed > l.trimmed {
		l.trim(t.Trimmed)
	}
	l.turns = append(l.turns, t)
	l.usage = l.usage.Plus(t.Usage)
	l.retries += t.Retries
	if len(t.Answer.Blocks) > 0 {
		l.messages = append(l.messages, t.Answer)
	}
	if len(t.Reply.Blocks) > 0 {
		l.messages = append(l.messages, t.Reply)
	}
	l.outcome.ToolCalls += len(t.Answer.ToolUses())
	switch text := t.Answer.Text(); {
	case t.Stop == StopMaxTokens:
		l.cuts++
		l.cut += text
		l.outcome.Text = l.cut
	case text != "":
		l.outcome.Text = l.cut + text
		l.cuts, l.cut = 0, ""
	default:
		l.cuts, l.cut = 0, ""
	}
	l.outcome.Model = t.Model
}

// finish completes the outcome.
func (l *loop) finish(err error) {
	o := l.outcome
	o.Turns, o.Usage, o.Retries = len(l.turns), l.usage, l.retries
	if err == nil {
		last := l.turns[len(l.turns)-1]
		o.Stop = last.Stop
		if last.Number > l.Limits.Turns {
			o.Stop = StopTurns
		}
		return
	}
	o.Stop = stopOf(err)
}

// stopOf says why a run ended that ended with err.
func stopOf(err error) string {
	if err == nil {
		return StopEnd
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return StopFailed
	}
	switch e.Kind {
	case KindRefused:
		return StopRefusal
	case KindBudget:
		if e.Budget == BudgetTokens {
			return StopTokens
		}
		return StopBudget
	case KindTimeout:
		return StopTime
	case KindCancelled:
		return StopCancelled
	case KindTooLong:
		return StopTooLong
	case KindRateLimit, KindOverloaded, KindServer, KindNetwork, KindAuth, KindQuota, KindInvalid, KindProtocol, KindMissing, KindProgram, KindRecord:
	}
	return StopFailed
}
