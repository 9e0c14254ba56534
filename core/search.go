package core

import (
	"context"

	"github.com/layercake-dev/layercake/core/search"
)

// InSearch is the place as package search knows it.
func (p Place) InSearch() search.Place { return search.Place{Project: p.Project, Root: p.Root} }

// forgetSearch removes the indexes of projects that are gone. They are no part of
// the log: what cannot be removed now is removed at another time.
func (a *App) forgetSearch(ctx context.Context) { _ = a.store.Search().RemoveOrphans(ctx) }
