package agent

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errSilent marks a request that was given up because nothing came.
var errSilent = errors.New("nothing came")

type aliveKey struct{}

// Alive tells the loop that the provider is still there, though there is no piece of
// an answer: with models that think for minutes and servers that send pings. Providers
// call it for every piece of a response that arrives.
func Alive(ctx context.Context) {
	if alive, ok := ctx.Value(aliveKey{}).(func()); ok {
		alive()
	}
}

// send hands the request to the model, watches over it, and leaves it to itself when it
// does not come back.
func (l *loop) send(ctx context.Context, req Request, number int) (*Answer, error) {
	limit, silence := l.Limits.Turn, l.Limits.Silence
	ctx, stopLimit := context.WithTimeoutCause(ctx, limit,
		&Error{Kind: KindTimeout, Provider: l.Model.Name(), Message: fmt.Sprintf("the answer took longer than %s", limit)})
	defer stopLimit()
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(silence, func() {
		stop(&Error{Kind: KindNetwork, Provider: l.Model.Name(), Message: fmt.Sprintf("nothing came for %s", silence), Err: errSilent})
	})
	defer watch.Stop()
	alive := func() { watch.Reset(silence) }
	ctx = context.WithValue(ctx, aliveKey{}, alive)

	follow := newLive(func(d Delta) {
		alive()
		d.Turn = number
		l.live.send(d)
	})
	// What a model that was left to itself still says is not heard.
	defer follow.close()
	type result struct {
		answer *Answer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- result{nil, &Error{Kind: KindProtocol, Provider: l.Model.Name(), Message: fmt.Sprintf("the provider's code failed: %v", p)}}
			}
		}()
		answer, err := l.Model.Turn(ctx, req, follow.send)
		if answer == nil && err == nil {
			err = &Error{Kind: KindProtocol, Provider: l.Model.Name(), Message: "no answer and no error"}
		}
		done <- result{answer, err}
	}()
	var r result
	select {
	case r = <-done:
	case <-ctx.Done():
		patience := time.NewTimer(grace)
		defer patience.Stop()
		select {
		case r = <-done:
		case <-patience.C:
			r.err = ContextError(ctx)
		}
	}
	if r.err != nil && ctx.Err() != nil {
		r.err = ContextError(ctx)
	}
	return r.answer, r.err
}
