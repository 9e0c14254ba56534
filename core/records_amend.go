package core

import (
	"context"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/project"
)

// AmendDecision changes what a decision says. in.ID is the id that somebody typed.
func (s *Records) AmendDecision(ctx context.Context, by Caller, p uuid.UUID, in project.AmendDecision) (*project.Decision, error) {
	id, err := s.a.find(ctx, p, KindDecision, in.ID)
	if err != nil {
		return nil, err
	}
	in.ID = id
	if _, err := s.a.write(ctx, by, p, &in); err != nil {
		return nil, err
	}
	return s.Decision(ctx, written(p, KindDecision, id), id)
}

// AmendMemory changes what a memory says. in.ID is the id that somebody typed.
func (s *Records) AmendMemory(ctx context.Context, by Caller, p uuid.UUID, in project.AmendMemory) (*project.Memory, error) {
	id, err := s.a.find(ctx, p, KindMemory, in.ID)
	if err != nil {
		return nil, err
	}
	in.ID = id
	if _, err := s.a.write(ctx, by, p, &in); err != nil {
		return nil, err
	}
	return s.Memory(ctx, written(p, KindMemory, id), id)
}

// AmendNote changes what a note says. in.ID is the id that somebody typed.
func (s *Records) AmendNote(ctx context.Context, by Caller, p uuid.UUID, in project.AmendNote) (*project.Note, error) {
	id, err := s.a.find(ctx, p, KindNote, in.ID)
	if err != nil {
		return nil, err
	}
	in.ID = id
	if _, err := s.a.write(ctx, by, p, &in); err != nil {
		return nil, err
	}
	return read(ctx, s.a, View{Project: p}, func(ctx context.Context, r Reader) (*project.Note, error) { return r.NoteByID(ctx, id) })
}
