package core

import (
	"context"

	"github.com/layercake-dev/layercake/core/git"
)

// Repository looks at the git repository of a project. It changes nothing.
type Repository struct{ a *App }

// Status tells where the work tree stands and what differs from HEAD.
func (s *Repository) Status(ctx context.Context, at Place) (*git.Status, error) {
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return nil, err
	}
	return r.Status(ctx)
}

// Log lists commits, newest first, without secrets that their messages hold.
func (s *Repository) Log(ctx context.Context, at Place, p git.LogParams) ([]git.LogEntry, error) {
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return nil, err
	}
	list, err := r.Log(ctx, p)
	for i := range list {
		list[i].Subject, list[i].Body = s.a.cleaner.redactor.String(list[i].Subject), s.a.cleaner.redactor.String(list[i].Body)
	}
	return list, err
}

// Diff shows how files differ, without secrets.
func (s *Repository) Diff(ctx context.Context, at Place, p git.DiffParams) (string, error) {
	r, err := s.a.repo(ctx, at)
	if err != nil {
		return "", err
	}
	text, err := r.Diff(ctx, p)
	return s.a.cleaner.redactor.String(text), err
}
