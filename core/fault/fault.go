// Package fault defines the one error type that LayerCake shows to people and
// programs: a stable code, a message that says what failed and on what, and a
// hint with a command that can be run and destroys nothing.
package fault

import (
	"context"
	"errors"
	"fmt"
)

// Kind groups codes by what a caller can do about them. Each kind has one
// process exit code (see [Kind.ExitCode]).
type Kind string

// The kinds of errors, in the order of their exit codes.
const (
	KindFailed      Kind = "failed"      // something went wrong that the caller did not cause
	KindUsage       Kind = "usage"       // the request itself is malformed
	KindNotFound    Kind = "not_found"   // the thing named does not exist
	KindNotAllowed  Kind = "not_allowed" // a rule, a gate or a missing role says no
	KindConflict    Kind = "conflict"    // somebody else changed it first, or it is in the wrong state
	KindUnreachable Kind = "unreachable" // the database does not answer
	KindTimeout     Kind = "timeout"     // it took longer than was allowed
	KindInterrupted Kind = "interrupted" // the caller cancelled
)

// ExitCode is the process exit code of errors of this kind, as listed by
// `layercake help exit-codes`.
func (k Kind) ExitCode() int {
	switch k {
	case KindUsage:
		return 2
	case KindNotFound:
		return 3
	case KindNotAllowed:
		return 4
	case KindConflict:
		return 5
	case KindUnreachable:
		return 6
	case KindTimeout:
		return 7
	case KindInterrupted:
		return 130
	case KindFailed:
		return 1
	default:
		return 1
	}
}

// Error is an error with a stable code and a way out.
type Error struct {
	// Kind decides the exit code.
	Kind Kind
	// Code is the stable machine-readable name, in snake_case, such as
	// "gate_not_ready". It never changes once released.
	Code string
	// Message says what failed and on what, in one sentence without a final
	// full stop.
	Message string
	// Hint is what to do next: a command that can be run and destroys nothing.
	// Empty when there is nothing sensible to suggest.
	Hint string
	// Details carries machine-readable particulars, such as the reasons why a
	// gate is not ready. It must marshal to JSON.
	Details any
	// Err is the cause, if there is one.
	Err error
}

// Error returns the message followed by the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Message + ": " + e.Err.Error()
	}
	return e.Message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is a [*Error] with the same code, so that
// errors.Is(err, fault.New(kind, code, "")) works in tests and callers.
func (e *Error) Is(target error) bool {
	var t *Error
	return errors.As(target, &t) && t.Code == e.Code
}

// New returns an error of the given kind and code.
func New(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithHint sets the hint and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// WithDetails sets the details and returns e.
func (e *Error) WithDetails(details any) *Error {
	e.Details = details
	return e
}

// Wrap sets the cause and returns e.
func (e *Error) Wrap(err error) *Error {
	e.Err = err
	return e
}

// Usage returns an error about a malformed request.
func Usage(code, format string, args ...any) *Error {
	return New(KindUsage, code, format, args...)
}

// NotFound returns an error about something that does not exist.
func NotFound(code, format string, args ...any) *Error {
	return New(KindNotFound, code, format, args...)
}

// NotAllowed returns an error about a rule that says no.
func NotAllowed(code, format string, args ...any) *Error {
	return New(KindNotAllowed, code, format, args...)
}

// Conflict returns an error about a wrong state or a concurrent change.
func Conflict(code, format string, args ...any) *Error {
	return New(KindConflict, code, format, args...)
}

// Failed returns an error that the caller did not cause.
func Failed(code, format string, args ...any) *Error {
	return New(KindFailed, code, format, args...)
}

// From turns any error into an [*Error]. Context errors become timeouts and
// interruptions; everything unknown becomes kind "failed", code "internal".
// It returns nil for nil.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		if e.Error() == err.Error() {
			return e
		}
		// Keep the context that callers wrapped around the coded error.
		c := *e
		c.Message, c.Err = err.Error(), nil
		return &c
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return New(KindTimeout, "timeout", "it took longer than was allowed").Wrap(err)
	case errors.Is(err, context.Canceled):
		return New(KindInterrupted, "interrupted", "interrupted")
	}
	return New(KindFailed, "internal", "%s", err.Error())
}

// KindOf returns the kind of err, or "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	return From(err).Kind
}

// CodeOf returns the code of err, or "" for nil.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return From(err).Code
}
