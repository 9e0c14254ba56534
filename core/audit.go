package core

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Audit is the outcome of checking a chain.
type Audit struct {
	// OK says that every event has the content and the place that its hash
	// says, that every signature holds, and that what guards the log is in place.
	OK     bool  `json:"ok"`
	Events int64 `json:"events"`
	// Signed is how many decisions carry a signature that holds.
	Signed int `json:"signed"`
	// Unsigned are the decisions that count without a signature, by the level of the
	// project; those of a demonstration are not among them.
	Unsigned []int64 `json:"unsigned"`
	// Redacted are the events whose payloads were replaced, as later events say.
	Redacted []int64 `json:"redacted"`
	// Head is the hash of the last good event, in hexadecimal.
	Head string `json:"head"`
	// FaultAt is the first bad position, and Problem what is wrong there. A fault
	// of the whole database has no position.
	FaultAt int64  `json:"fault_at"`
	Problem string `json:"problem"`
	// Repair is SQL that puts the database's guards in place again, or "".
	Repair string `json:"repair"`
	// Anchors are those that the log was compared with.
	Anchors []AnchorCheck `json:"anchors"`

	head   event.Hash
	hashes map[int64]event.Hash
	people []*project.Signer
}

// Summary says in a line what is wrong, or that nothing is.
func (a *Audit) Summary() string {
	switch {
	case a.OK:
		return "nothing is wrong"
	case a.FaultAt == 0:
		return a.Problem
	}
	return fmt.Sprintf("event %d is not sound: %s", a.FaultAt, a.Problem)
}

// fail notes what is wrong, unless something was found before.
func (a *Audit) fail(at int64, problem string) {
	if a.OK {
		a.OK, a.FaultAt, a.Problem = false, at, problem
	}
}

// Verify recomputes the whole chain of a project, and checks each signature
// with the keys that counted when it was made.
func (s *Log) Verify(ctx context.Context, p uuid.UUID) (*Audit, error) {
	return verifyLog(ctx, s.a.store, p, nil)
}

// LogReader is what is needed of a store to check a log.
type LogReader interface {
	Head(ctx context.Context, project uuid.UUID) (Head, error)
	Stream(ctx context.Context, project uuid.UUID, after int64, fn func(*event.Envelope) error) error
	Guards(ctx context.Context) ([]Guard, error)
}

// VerifyLog is [Log.Verify] for logs that are not in use, such as those of a backup.
func VerifyLog(ctx context.Context, r LogReader, p uuid.UUID) (*Audit, error) {
	return verifyLog(ctx, r, p, nil)
}

// verifyLog checks a log and takes note of the hashes of the events at some versions,
// as far as the log has them.
func verifyLog(ctx context.Context, r LogReader, p uuid.UUID, versions map[int64]bool) (*Audit, error) {
	before, known, err := endOf(ctx, r, p)
	if err != nil {
		return nil, err
	}
	hashes := map[int64]event.Hash{}
	v, signatures := event.NewVerifier(p), project.NewAuditor(p.String())
	err = r.Stream(ctx, p, 0, func(e *event.Envelope) error {
		if err := v.Next(e); err != nil {
			return err
		}
		if e.Version == before.Version || versions[e.Version] {
			hashes[e.Version] = e.Hash
		}
		return signatures.Next(e)
	})
	if err == nil {
		err = v.Done()
	}
	n, head := v.Head()
	audit := &Audit{
		OK: true, Events: n, Head: head.String(), Signed: signatures.Signed, Redacted: v.Redacted(),
		Unsigned: append([]int64{}, signatures.Unsigned...), Anchors: []AnchorCheck{},
		head: head, hashes: hashes, people: signatures.People(),
	}
	if bad, ok := errors.AsType[*event.ChainError](err); ok {
		audit.fail(bad.Version, bad.Problem)
	} else if err != nil {
		return nil, err
	}
	if n == 0 && !known && audit.OK {
		_, err := r.Head(ctx, p) // says that there is no such project
		return nil, err
	}
	after, known, err := endOf(ctx, r, p)
	if err != nil {
		return nil, err
	}
	switch {
	case !known:
		audit.fail(n, "the record of where the log ends is missing")
	case n < before.Version:
		audit.fail(n+1, "events at the end of the log are missing")
	case n > after.Version:
		audit.fail(after.Version+1, "it is not part of the log, which was recorded to end before it")
	case before.Version > 0 && hashes[before.Version] != before.Hash, n == after.Version && head != after.Hash:
		audit.fail(before.Version, "the recorded end of the log is another event")
	}
	return audit, guarded(ctx, r, audit)
}

// endOf returns the recorded end of a log, and whether there is a record of it.
func endOf(ctx context.Context, r LogReader, p uuid.UUID) (head Head, known bool, err error) {
	head, err = r.Head(ctx, p)
	if err != nil && fault.KindOf(err) == fault.KindNotFound {
		return Head{}, false, nil
	}
	return head, err == nil, err
}

// guarded notes what is wrong with the guards of the log. What they should have
// kept from happening, if it was found, matters more.
func guarded(ctx context.Context, r LogReader, audit *Audit) error {
	wrong, err := r.Guards(ctx)
	for i, g := range wrong {
		if i == 0 {
			problem := g.Problem
			if more := len(wrong) - 1; more > 0 {
				problem += fmt.Sprintf(" (and %d more)", more)
			}
			audit.fail(0, problem)
		}
		if g.Repair != "" {
			audit.Repair += g.Repair + "; "
		}
	}
	return err
}
