package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// callAll calls the tools that a model asks for, several at a time, and returns their
// results in the order of the calls. It waits for none that does not stop in time.
func (l *loop) callAll(ctx context.Context, t *Turn, uses []Block) []Block {
	results := make([]Block, len(uses))
	slots := make(chan struct{}, l.Parallel)
	var all sync.WaitGroup
	for i, use := range uses {
		all.Go(func() {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				results[i] = l.result(use, Result{Text: "The run was stopped before this tool was called.", IsError: true})
				return
			}
			defer func() { <-slots }()
			l.live.send(Delta{Kind: DeltaToolUse, Turn: t.Number, ID: use.ID, Tool: use.Name, Text: string(use.Input)})
			cutOff := t.Stop == StopMaxTokens && i == len(uses)-1
			results[i] = l.result(use, l.call(ctx, use, cutOff))
			l.live.send(Delta{
				Kind: DeltaToolResult, Turn: t.Number, ID: use.ID, Tool: use.Name, Text: results[i].Result, IsError: results[i].IsError,
			})
		})
	}
	all.Wait()
	return results
}

// call calls one tool, or says why not.
func (l *loop) call(ctx context.Context, use Block, cutOff bool) Result {
	switch {
	case cutOff:
		return failed("Your answer reached the limit of its length before the input of %s was complete. Call it again with less.", use.Name)
	case !l.knows(use.Name):
		return failed("There is no tool %q. There are: %s.", use.Name, strings.Join(l.names(), ", "))
	case use.Malformed != "":
		return failed("The input of %s is not a JSON object: %s. Call it again with correct JSON.", use.Name, whyMalformed(use.Malformed))
	}
	ctx, stop := context.WithTimeoutCause(ctx, l.Limits.Tool, errToolTime)
	defer stop()
	done := make(chan Result, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- failed("%s failed inside: %v", use.Name, p)
			}
		}()
		r, err := l.Call(ctx, use.Name, use.Input)
		if err != nil {
			r = failed("%s failed: %v", use.Name, err)
		}
		done <- r
	}()
	select {
	case r := <-done:
		return r
	case <-ctx.Done():
	}
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case r := <-done:
		return r
	case <-patience.C:
	}
	if errors.Is(context.Cause(ctx), errToolTime) {
		return failed("%s took longer than %s and was given up.", use.Name, l.Limits.Tool)
	}
	return failed("The run was stopped while %s was working.", use.Name)
}

var errToolTime = errors.New("the tool took too long")

func failed(format string, args ...any) Result {
	return Result{Text: fmt.Sprintf(format, args...), IsError: true}
}

func whyMalformed(input string) string {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(input), &object); err != nil {
		return err.Error()
	}
	return "it is null"
}

func (l *loop) knows(name string) bool {
	for _, t := range l.Tools {
		if t.Name == name {
			return true
		}
	}
	return false
}

func (l *loop) names() []string {
	names := make([]string, len(l.Tools))
	for i, t := range l.Tools {
		names[i] = t.Name
	}
	return names
}

// result makes a block of what a tool answered: without secrets, as text, and not
// longer than it may be.
func (l *loop) result(use Block, r Result) Block {
	text := r.Text
	if l.Redact != nil {
		text = l.Redact.String(text)
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	if limit := l.Limits.Result; len(text) > limit {
		const headShare, shares = 3, 4
		first, last := head(text, limit*headShare/shares), tail(text, limit/shares)
		text = fmt.Sprintf("%s\n[… %d bytes are left out here: the result has %d, and %d are shown. Ask for less at a time. …]\n%s",
			first, len(text)-len(first)-len(last), len(text), len(first)+len(last), last)
	}
	return Block{Type: BlockToolResult, ID: use.ID, Name: use.Name, Result: text, IsError: r.IsError}
}
