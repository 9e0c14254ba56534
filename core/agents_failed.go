package core

import (
	"context"
	"errors"
	"time"

	"github.com/layercake-dev/layercake/core/agent"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// failTime bounds the recording of a failure, which is also done when the work was
// stopped.
const failTime = 10 * time.Second

// failed records that the attempt broke off. It returns nil when the run is over, and
// the error when it is to be tried again, or was only interrupted.
func (w *attempt) failed(ctx context.Context, out *agent.Outcome, err error) error {
	cause := context.Cause(ctx)
	if cause != nil && !errors.Is(cause, errTime) {
		// The worker stops, the run was cancelled, or another worker has it. Nothing is
		// wrong with the run.
		w.live.note("it was interrupted: " + cause.Error())
		return cause
	}
	code, reason, again := w.judge(err)
	w.live.add("error", reason)
	ctx, cancel := context.WithTimeout(ctx, failTime)
	defer cancel()
	_, werr := w.a.write(ctx, w.by, w.at.Project, &project.FailRun{
		ID: w.run.ID, Attempt: w.run.Attempt, Task: w.run.Task, Code: code, Reason: reason, Retry: again, Usage: w.usage(ctx, out),
	})
	var coded *fault.Error
	if errors.As(werr, &coded) && coded.Code == project.CodeSuperseded {
		return nil
	}
	if werr != nil {
		return errors.Join(err, werr)
	}
	if again && w.run.Attempt < project.MaxAttempts {
		return err
	}
	w.keepRest(ctx)
	return nil
}

// keepRest keeps what was done of a run that has failed on its branch, for people to
// look at.
func (w *attempt) keepRest(ctx context.Context) {
	if w.tree == nil {
		return
	}
	commit, _, err := w.tree.Keep(ctx, w.role.Title, w.message("Unfinished work of "+w.role.Title))
	if err != nil {
		return // the work tree stays as it is
	}
	if commit != "" {
		w.live.note("what it did is on branch " + w.tree.Branch)
	}
	w.tidy(ctx)
}

// judge says what went wrong, and whether trying again may help.
func (w *attempt) judge(err error) (code, reason string, again bool) {
	reason = w.a.cleaner.redactor.String(err.Error())
	if len(reason) > summaryMost {
		reason = reason[:summaryMost]
	}
	if a, ok := errors.AsType[*agent.Error](err); ok {
		switch a.Kind {
		case agent.KindBudget, agent.KindAuth, agent.KindQuota, agent.KindInvalid, agent.KindRefused, agent.KindMissing:
			return string(a.Kind), reason, false
		case agent.KindRateLimit, agent.KindOverloaded, agent.KindServer, agent.KindNetwork, agent.KindTimeout, agent.KindTooLong,
			agent.KindProtocol, agent.KindCancelled, agent.KindProgram, agent.KindRecord:
		}
		return string(a.Kind), reason, true
	}
	f := fault.From(err)
	switch f.Kind {
	case fault.KindUsage, fault.KindNotFound, fault.KindNotAllowed:
		return f.Code, reason, false
	case fault.KindFailed, fault.KindConflict, fault.KindUnreachable, fault.KindTimeout, fault.KindInterrupted:
	}
	return f.Code, reason, true
}
