package agent

import (
	"context"
	"fmt"
)

// RunProgram has a program do a job within its time and the budgets of a ledger, which
// may be nil. Before it starts, up to job.MaxCostMicros are reserved; what is granted is
// what it is told to spend at most. A job without MaxCostMicros reserves nothing.
//
// LayerCake sees what a program spends only when it says so. Those that do are stopped
// when they have spent what they may, which is after the request that went beyond it.
func RunProgram(ctx context.Context, p Program, job Job, ledger Ledger, on func(Delta)) (*Outcome, error) {
	l := newLive(on)
	defer l.close()
	if job.Time > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, job.Time,
			&Error{Kind: KindTimeout, Provider: p.Name(), Message: fmt.Sprintf("the run took longer than the %s that it may", job.Time)})
		defer stop()
	}
	var granted int64
	if ledger != nil {
		var err error
		granted, err = ledger.Reserve(ctx, min(1, job.MaxCostMicros), job.MaxCostMicros)
		if err != nil {
			return &Outcome{Stop: StopBudget}, err
		}
		if job.MaxCostMicros > 0 {
			job.MaxCostMicros = granted
		}
	}
	outcome, err := p.Run(ctx, job, l.send)
	if outcome == nil {
		outcome = &Outcome{}
	}
	if ledger != nil {
		if settled := ledger.Settle(context.WithoutCancel(ctx), granted, outcome.Usage); settled != nil && err == nil {
			err = &Error{Kind: KindRecord, Message: fmt.Sprintf("book the cost of a run: %v", settled), Err: settled}
		}
	}
	if err != nil && ctx.Err() != nil {
		err = ContextError(ctx)
	}
	if outcome.Stop == "" || err != nil {
		outcome.Stop = stopOf(err)
	}
	return outcome, err
}
