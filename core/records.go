package core

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

// Records keeps what people and agents write down: decisions, memories, notes,
// questions, risks, blockers and change requests.
type Records struct{ a *App }

// createdID returns the id of the record that a repeated request made.
func createdID(r Receipt, otherwise string) string {
	for i := range r.Events {
		var p struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(r.Events[i].Payload, &p) == nil && p.ID != "" {
			return p.ID
		}
	}
	return otherwise
}

// joinFew joins a short list as people read it.
func joinFew(list []string) string { return strings.Join(list, ", ") }

// read runs one query of a reader.
func read[T any](ctx context.Context, a *App, v View, fn func(ctx context.Context, r Reader) (T, error)) (T, error) {
	var out T
	err := a.store.Read(ctx, v, func(ctx context.Context, r Reader) error {
		var err error
		out, err = fn(ctx, r)
		return err
	})
	return out, err
}

// pick returns the record with an id.
func pick[T any](list []T, id string, key func(*T) string) (*T, error) {
	i := slices.IndexFunc(list, func(t T) bool { return key(&t) == id })
	if i < 0 {
		return nil, fault.NotFound("not_found", "there is no record %s", id).WithHint("run `layercake log`")
	}
	return &list[i], nil
}

// keys returns the key of each record.
func keys[T any](list []T, key func(*T) string) []string {
	out := make([]string, len(list))
	for i := range list {
		out[i] = key(&list[i])
	}
	return out
}

// written is the view in which a record is read back that was just written.
func written(p uuid.UUID, kind Kind, id string) View {
	return View{Project: p, Wants: &Wants{Gates: kind == KindTask, Kind: kind, ID: id}}
}

// shortID returns the shortest prefix that names a record, with its letter: only
// ids that share the least prefix can make it longer.
func shortID(ctx context.Context, r Reader, kind Kind, id string) (string, error) {
	const most = 100
	ids, err := r.IDs(ctx, kind, id[:project.MinPrefix], most)
	if err != nil {
		return "", err
	}
	return kind.Prefix() + shortIDs(ids)[id], nil
}

// Decide records a decision. supersedes is the id of the one it replaces, or
// empty.
func (s *Records) Decide(ctx context.Context, by Caller, p uuid.UUID, in project.MakeDecision) (*project.Decision, error) {
	if in.Supersedes != "" {
		id, err := s.a.find(ctx, p, KindDecision, in.Supersedes)
		if err != nil {
			return nil, err
		}
		in.Supersedes = id
	}
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command { c := in; c.ID = id; return &c })
	if err != nil {
		return nil, err
	}
	return s.Decision(ctx, written(p, KindDecision, id), id)
}

// ReverseDecision says that a decision no longer holds.
func (s *Records) ReverseDecision(ctx context.Context, by Caller, p uuid.UUID, typed, reason string) (*project.Decision, error) {
	id, err := s.a.find(ctx, p, KindDecision, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.ReverseDecision{ID: id, Reason: reason}); err != nil {
		return nil, err
	}
	return s.Decision(ctx, written(p, KindDecision, id), id)
}

// Decisions lists the decisions, oldest first.
func (s *Records) Decisions(ctx context.Context, v View) ([]project.Decision, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Decision, error) {
		list, err := r.Decisions(ctx)
		shortenRecords(list, nil)
		return list, err
	})
}

// Decision returns one decision.
func (s *Records) Decision(ctx context.Context, v View, typed string) (*project.Decision, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*project.Decision, error) {
		id, err := resolve(ctx, r, KindDecision, typed)
		if err != nil {
			return nil, err
		}
		list, err := r.Decisions(ctx, id)
		if err != nil {
			return nil, err
		}
		d, err := pick(list, id, func(d *project.Decision) string { return d.ID })
		if err != nil {
			return nil, err
		}
		d.ShortID, err = shortID(ctx, r, KindDecision, id)
		return d, err
	})
}

// Remember keeps something learnt.
func (s *Records) Remember(ctx context.Context, by Caller, p uuid.UUID, in project.AddMemory) (*project.Memory, error) {
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command { c := in; c.ID = id; return &c })
	if err != nil {
		return nil, err
	}
	return s.Memory(ctx, written(p, KindMemory, id), id)
}

// Retract says that something learnt was wrong.
func (s *Records) Retract(ctx context.Context, by Caller, p uuid.UUID, typed, reason string) (*project.Memory, error) {
	id, err := s.a.find(ctx, p, KindMemory, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.RetractMemory{ID: id, Reason: reason}); err != nil {
		return nil, err
	}
	return s.Memory(ctx, written(p, KindMemory, id), id)
}

// Memories lists the memories, oldest first, with the retracted ones if asked
// for.
func (s *Records) Memories(ctx context.Context, v View, retracted bool) ([]project.Memory, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Memory, error) {
		list, err := r.Memories(ctx)
		shortenRecords(nil, list)
		if !retracted {
			list = slices.DeleteFunc(list, func(m project.Memory) bool { return m.Retracted != "" })
		}
		return list, err
	})
}

// Memory returns one memory.
func (s *Records) Memory(ctx context.Context, v View, typed string) (*project.Memory, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) (*project.Memory, error) {
		id, err := resolve(ctx, r, KindMemory, typed)
		if err != nil {
			return nil, err
		}
		list, err := r.Memories(ctx, id)
		if err != nil {
			return nil, err
		}
		m, err := pick(list, id, func(m *project.Memory) string { return m.ID })
		if err != nil {
			return nil, err
		}
		m.ShortID, err = shortID(ctx, r, KindMemory, id)
		return m, err
	})
}

// Note writes something down; kind "progress" makes up the progress log.
func (s *Records) Note(ctx context.Context, by Caller, p uuid.UUID, in project.AddNote) (*project.Note, error) {
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command { c := in; c.ID = id; return &c })
	if err != nil {
		return nil, err
	}
	return read(ctx, s.a, View{Project: p}, func(ctx context.Context, r Reader) (*project.Note, error) { return r.NoteByID(ctx, id) })
}

// Notes lists notes, newest first. Empty kind and subject mean any, limit 0 all.
func (s *Records) Notes(ctx context.Context, v View, kind, subject string, limit int) ([]project.Note, error) {
	return read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Note, error) {
		return r.Notes(ctx, kind, subject, limit)
	})
}

// Ask asks a person or a role.
func (s *Records) Ask(ctx context.Context, by Caller, p uuid.UUID, in project.AskQuestion) (*project.Question, error) {
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command { c := in; c.ID = id; return &c })
	if err != nil {
		return nil, err
	}
	return s.question(ctx, p, id)
}

// Answer answers a question.
func (s *Records) Answer(ctx context.Context, by Caller, p uuid.UUID, typed, answer string) (*project.Question, error) {
	id, err := s.a.find(ctx, p, KindQuestion, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.AnswerQuestion{ID: id, Answer: answer}); err != nil {
		return nil, err
	}
	return s.question(ctx, p, id)
}

func (s *Records) question(ctx context.Context, p uuid.UUID, id string) (*project.Question, error) {
	list, err := read(ctx, s.a, View{Project: p}, func(ctx context.Context, r Reader) ([]project.Question, error) { return r.Questions(ctx, id) })
	if err != nil {
		return nil, err
	}
	return pick(list, id, func(q *project.Question) string { return q.ID })
}

// Questions lists the open questions, or all.
func (s *Records) Questions(ctx context.Context, v View, all bool) ([]project.Question, error) {
	list, err := read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Question, error) { return r.Questions(ctx) })
	return open(list, err, all, func(q *project.Question) string { return q.Status })
}

// open drops what is no longer open.
func open[T any](list []T, err error, all bool, status func(*T) string) ([]T, error) {
	if err != nil || all {
		return list, err
	}
	return slices.DeleteFunc(list, func(t T) bool { return status(&t) != "open" }), nil
}

// AddRisk records something that may go wrong.
func (s *Records) AddRisk(ctx context.Context, by Caller, p uuid.UUID, in project.AddRisk) (*project.Risk, error) {
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command { c := in; c.ID = id; return &c })
	if err != nil {
		return nil, err
	}
	return s.risk(ctx, p, id)
}

// UpdateRisk judges a risk anew.
func (s *Records) UpdateRisk(ctx context.Context, by Caller, p uuid.UUID, in project.UpdateRisk) (*project.Risk, error) {
	id, err := s.a.find(ctx, p, KindRisk, in.ID)
	if err != nil {
		return nil, err
	}
	in.ID = id
	if _, err := s.a.write(ctx, by, p, &in); err != nil {
		return nil, err
	}
	return s.risk(ctx, p, id)
}

func (s *Records) risk(ctx context.Context, p uuid.UUID, id string) (*project.Risk, error) {
	list, err := read(ctx, s.a, View{Project: p}, func(ctx context.Context, r Reader) ([]project.Risk, error) { return r.Risks(ctx, id) })
	if err != nil {
		return nil, err
	}
	return pick(list, id, func(r *project.Risk) string { return r.ID })
}

// Risks lists the open risks, or all.
func (s *Records) Risks(ctx context.Context, v View, all bool) ([]project.Risk, error) {
	list, err := read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Risk, error) { return r.Risks(ctx) })
	return open(list, err, all, func(r *project.Risk) string { return r.Status })
}

// AddBlocker records something that stands in the way.
func (s *Records) AddBlocker(ctx context.Context, by Caller, p uuid.UUID, in project.AddBlocker) (*project.Blocker, error) {
	id, err := s.a.writeNew(ctx, by, p, func(id string) project.Command { c := in; c.ID = id; return &c })
	if err != nil {
		return nil, err
	}
	return s.blocker(ctx, p, id)
}

// ChangeBlocker escalates a blocker, or resolves it.
func (s *Records) ChangeBlocker(ctx context.Context, by Caller, p uuid.UUID, typed string, resolved bool, text string) (*project.Blocker, error) {
	id, err := s.a.find(ctx, p, KindBlocker, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.ChangeBlocker{ID: id, Resolve: resolved, Text: text}); err != nil {
		return nil, err
	}
	return s.blocker(ctx, p, id)
}

func (s *Records) blocker(ctx context.Context, p uuid.UUID, id string) (*project.Blocker, error) {
	list, err := read(ctx, s.a, View{Project: p}, func(ctx context.Context, r Reader) ([]project.Blocker, error) { return r.Blockers(ctx, id) })
	if err != nil {
		return nil, err
	}
	return pick(list, id, func(b *project.Blocker) string { return b.ID })
}

// Blockers lists the open blockers, or all.
func (s *Records) Blockers(ctx context.Context, v View, all bool) ([]project.Blocker, error) {
	list, err := read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Blocker, error) { return r.Blockers(ctx) })
	return open(list, err, all, func(b *project.Blocker) string { return b.Status })
}

// Feedback lists the open change requests, or all.
func (s *Records) Feedback(ctx context.Context, v View, all bool) ([]project.Feedback, error) {
	list, err := read(ctx, s.a, v, func(ctx context.Context, r Reader) ([]project.Feedback, error) { return r.Feedback(ctx) })
	return open(list, err, all, func(f *project.Feedback) string { return f.Status })
}

// ResolveFeedback says what became of a change request: status is
// "incorporated" or "declined".
func (s *Records) ResolveFeedback(ctx context.Context, by Caller, p uuid.UUID, typed, status, resolution string) (*project.Feedback, error) {
	id, err := s.a.find(ctx, p, KindFeedback, typed)
	if err != nil {
		return nil, err
	}
	if _, err := s.a.write(ctx, by, p, &project.ResolveFeedback{ID: id, Status: status, Resolution: resolution}); err != nil {
		return nil, err
	}
	list, err := s.Feedback(ctx, View{Project: p}, true)
	if err != nil {
		return nil, err
	}
	return pick(list, id, func(f *project.Feedback) string { return f.ID })
}
