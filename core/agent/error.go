package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/layercake-dev/layercake/core/fault"
)

// Kind says what went wrong, by what can be done about it.
type Kind string

// The kinds of errors.
const (
	KindRateLimit  Kind = "rate_limit" // too many requests; may pass
	KindOverloaded Kind = "overloaded" // the provider has too much to do; may pass
	KindServer     Kind = "server"     // the provider failed; may pass
	KindNetwork    Kind = "network"    // the provider cannot be reached, or the connection was cut; may pass
	KindTimeout    Kind = "timeout"    // it took longer than it may
	KindAuth       Kind = "auth"       // the key is missing, wrong, or not allowed to do this
	KindQuota      Kind = "quota"      // the account has no credit left
	KindInvalid    Kind = "invalid"    // the provider says that the request is wrong
	KindTooLong    Kind = "too_long"   // the conversation is longer than the model can take
	KindProtocol   Kind = "protocol"   // the provider's answer cannot be understood
	KindRefused    Kind = "refused"    // the model will not answer
	KindBudget     Kind = "budget"     // a budget or a limit of tokens is used up
	KindCancelled  Kind = "cancelled"  // the caller cancelled
	KindMissing    Kind = "missing"    // the program to be run is not there
	KindProgram    Kind = "program"    // the program failed
	KindRecord     Kind = "record"     // a turn could not be recorded
)

// Error is what a model, a program or the loop failed with. For fault.From it is a
// fault with the code "agent_" and the kind.
type Error struct {
	Kind Kind
	// Provider is who failed, such as "anthropic". Optional.
	Provider string
	// Message says what failed and on what, without the provider's name.
	Message string
	// Hint is what to do next, for people. Optional.
	Hint string
	// Status is the HTTP status, or the exit code of a program; zero for none.
	Status int
	// RetryAfter is how long the provider asks to wait; zero when it does not.
	RetryAfter time.Duration
	// RequestID is the provider's name of the request, for its support.
	RequestID string
	// Budget names the budget that is used up, such as "day". Only of KindBudget.
	Budget string
	Err    error
}

// Error says who failed with what.
func (e *Error) Error() string {
	text := e.Message
	if text == "" && e.Err != nil {
		text = e.Err.Error()
	}
	if e.Provider != "" {
		text = e.Provider + ": " + text
	}
	if e.RequestID != "" {
		text += fmt.Sprintf(" (request %s)", e.RequestID)
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// As makes fault.From and errors.As see the error as a fault.
func (e *Error) As(target any) bool {
	f, ok := target.(**fault.Error)
	if ok {
		*f = e.Fault()
	}
	return ok
}

// Passes reports whether trying again may help.
func (e *Error) Passes() bool {
	switch e.Kind {
	case KindRateLimit, KindOverloaded, KindServer, KindNetwork:
		return true
	case KindTimeout, KindAuth, KindQuota, KindInvalid, KindTooLong, KindProtocol, KindRefused, KindBudget, KindCancelled, KindMissing,
		KindProgram, KindRecord:
	}
	return false
}

// Fault is the error for people.
func (e *Error) Fault() *fault.Error {
	kind := fault.KindFailed
	switch e.Kind {
	case KindAuth, KindMissing:
		kind = fault.KindUsage
	case KindBudget, KindQuota, KindRefused:
		kind = fault.KindNotAllowed
	case KindTimeout:
		kind = fault.KindTimeout
	case KindCancelled:
		kind = fault.KindInterrupted
	case KindRateLimit, KindOverloaded, KindServer, KindNetwork, KindInvalid, KindTooLong, KindProtocol, KindProgram, KindRecord:
	}
	// The cause is in the message already, where it is worth reading.
	f := fault.New(kind, "agent_"+string(e.Kind), "%s", e.Error())
	f.Hint = e.Hint
	if f.Hint == "" {
		f.Hint = e.Kind.hint()
	}
	return f
}

// hint is what to do about errors of a kind when nobody knows better.
func (k Kind) hint() string {
	switch k {
	case KindRateLimit, KindOverloaded, KindServer, KindNetwork:
		return "start the run again in a few minutes; what it had finished is kept"
	case KindTimeout:
		return "give the run more time, or split the task into smaller ones"
	case KindAuth:
		return "check the key, and what it may do"
	case KindQuota:
		return "look at the credit and the limits of your account with the provider"
	case KindInvalid, KindMissing:
		return "run `layercake config list` to see the settings"
	case KindTooLong:
		return "split the task into smaller ones, or take a model that can read more"
	case KindProtocol:
		return "check that the server or the program is of a kind and a version that the provider is for"
	case KindRefused:
		return "read the task as the model would; it objects to what it was asked to do"
	case KindBudget:
		return "raise the budget, or split the task into smaller ones"
	case KindProgram:
		return "run the program by hand in the same folder to see more"
	case KindRecord:
		return "run `layercake doctor` to see what keeps the database from being written"
	case KindCancelled:
	}
	return ""
}

// KindOf returns the kind of err, or "" when it has none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// ContextError is the error of a run whose context has ended.
func ContextError(ctx context.Context) *Error {
	cause := context.Cause(ctx)
	if e, ok := errors.AsType[*Error](cause); ok {
		return e
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return &Error{Kind: KindTimeout, Message: "it took longer than was allowed", Err: cause}
	}
	return &Error{Kind: KindCancelled, Message: "cancelled", Err: cause}
}
