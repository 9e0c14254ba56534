package cmd

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/db/cluster"
)

// Run runs one command and returns the process's exit code. It prints the
// error, if there is one.
func Run(ctx context.Context, p Process) int {
	f := newFactory(p)
	root := newCmdRoot(f) //nolint:contextcheck // cobra hands the context to the command
	if completing(p.Args) {
		f.completeQuietly(root) //nolint:contextcheck // as above
	}
	root.SetArgs(p.Args)
	root.SetIn(f.IO.In)
	root.SetOut(f.IO.Out)
	root.SetErr(f.IO.Err)
	err := root.ExecuteContext(ctx)
	f.close()
	return f.report(ctx, p.Args, err)
}

// report prints an error and returns the exit code that goes with it.
func (f *Factory) report(ctx context.Context, args []string, err error) int {
	var silent exitError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errOutputClosed):
		return 0 // whoever read the output has seen enough
	case errors.As(err, &silent):
		return int(silent)
	}
	e := known(err)
	if ctx.Err() != nil {
		e = fault.New(fault.KindInterrupted, "interrupted", "interrupted").
			WithHint("run it again; what was acknowledged is kept, the rest was not done")
	}
	f.printFault(e, wantsJSON(args))
	return e.Kind.ExitCode()
}

// exitError ends the process with a code, when all has been said.
type exitError int

// Error satisfies the interface; nobody prints it.
func (exitError) Error() string { return "exit" }

// known gives every error a code.
func known(err error) *fault.Error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return fault.From(err)
	}
	if c, ok := errors.AsType[*cluster.Error](err); ok {
		return fromCluster(c)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault.Failed("permission_denied", "%v", err).WithHint("run `layercake doctor`")
	case errors.Is(err, syscall.ENOSPC):
		return fault.Failed("disk_full", "%v", err).WithHint("make room, then try again")
	}
	return fault.From(err)
}

// fromCluster gives the errors of the private database their kinds.
func fromCluster(c *cluster.Error) *fault.Error {
	kind := fault.KindUnreachable
	switch c.Code {
	case cluster.CodeInterrupted:
		kind = fault.KindInterrupted
	case cluster.CodeInstallDeclined, cluster.CodeInstallFailed, cluster.CodeStopFailed:
		kind = fault.KindFailed
	}
	e := fault.New(kind, c.Code, "%s", c.Message).Wrap(c.Err)
	e.Hint = strings.ReplaceAll(c.Hint, "'", "`")
	if e.Hint == "" {
		e.Hint = "run `layercake doctor`"
	}
	return e
}

// wantsJSON reports whether the arguments ask for an answer for programs, even
// if they cannot be parsed.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.ContainsFunc(args, func(arg string) bool {
		name, _, _ := strings.Cut(arg, "=")
		return name == "--"+flagJSON || name == "--"+flagJQ || name == "--"+flagTemplate
	})
}

// jsonFault is an error for programs.
type jsonFault struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Details any    `json:"details,omitempty"`
}

// printFault writes an error to the error stream. Nothing can be done when that
// fails.
func (f *Factory) printFault(e *fault.Error, asJSON bool) {
	e = clipped(e)
	// What was typed or read may be a secret, and messages quote it.
	e.Message, e.Hint = f.discreet(e.Message), f.discreet(e.Hint)
	if asJSON {
		body := struct {
			Error jsonFault `json:"error"`
		}{jsonFault{e.Code, e.Message, e.Hint, e.Details}}
		raw, err := encodeJSON(body)
		if err != nil {
			raw = []byte(`{"error":{"code":"internal","message":"the error cannot be shown","hint":""}}`)
		}
		_, _ = f.IO.Err.Write(append(raw, '\n'))
		return
	}
	p := f.errPrinter()
	if e.Kind == fault.KindInterrupted {
		p.line("%s", e.Message) // people know that it was they
	} else {
		p.line("%s %s", red.of("error:"), e.Message)
		if e.Hint != "" {
			p.line("%s %s", cyan.of("hint:"), e.Hint)
		}
	}
	_, _ = f.IO.Err.Write(p.buf.Bytes())
}

// clipped is an error with its cause in its message, and without the middle of
// texts that nobody would read: what was typed can be of any length.
func clipped(e *fault.Error) *fault.Error {
	c := *e
	c.Message, c.Err, c.Hint = clip(e.Error()), nil, clip(e.Hint)
	return &c
}

func clip(text string) string {
	const most, end = 2000, 200
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-end]) + " … " + string(runes[len(runes)-end:])
}
