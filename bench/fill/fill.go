// Package fill makes logs of any length, for measuring.
package fill

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

// PerTask is how many events tell the life of one task.
const PerTask = 10

// batch is how many tasks are written in one transaction.
const batch = 500

// Tasks adds tasks to a project, each with the events of its life: created,
// assigned, started, blocked, and so on. Six of ten end complete, two are left
// open, one waits for another, one is cancelled.
func Tasks(ctx context.Context, store core.Store, id uuid.UUID, tasks int) error {
	for done := 0; done < tasks; done += batch {
		_, err := store.Write(ctx, core.Write{
			Project: id, Command: &lives{from: done, n: min(batch, tasks-done)}, Now: time.Now(),
			Actor: project.Actor{Kind: project.ActorPerson, Name: "ada"},
		})
		if err != nil {
			return fmt.Errorf("fill a log: %w", err)
		}
	}
	return nil
}

// lives is the command that tells the lives of n tasks.
type lives struct{ from, n int }

// CommandName names the command in errors.
func (*lives) CommandName() string { return "bench.lives" }

// Needs says that nothing need be looked up.
func (*lives) Needs() project.Needs { return project.Needs{} }

// Decide returns the events.
func (c *lives) Decide(*project.State, project.Meta) ([]event.Payload, error) {
	events := make([]event.Payload, 0, c.n*PerTask)
	for i := c.from; i < c.from+c.n; i++ {
		events = append(events, life(i)...)
	}
	return events, nil
}

// taskID spreads ids as random ones are spread.
func taskID(i int) string {
	const odd, all = 2654435761, 1 << 40 // no common divisor, so that no id comes twice; ids have 40 bits
	n := uint64(i) * odd % all           //nolint:gosec // i counts from 0
	id := make([]byte, project.IDLength)
	for at := range id {
		id[at] = project.IDAlphabet[n%uint64(len(project.IDAlphabet))]
		n /= uint64(len(project.IDAlphabet))
	}
	return string(id)
}

func life(i int) []event.Payload {
	const tens, waits, cancelled, open = 10, 9, 8, 6
	id := taskID(i)
	title := fmt.Sprintf("Make layer %d, with a filling that somebody has to choose first", i)
	events := []event.Payload{
		&event.TaskCreatedPayload{
			ID: id, Title: "Make layer", Description: "The filling goes between two layers; see the recipe for how thick it is to be.",
			Kind: "generation", Priority: "medium", Phase: "development",
		},
		&event.TaskUpdatedPayload{ID: id, Title: &title},
		&event.TaskAssignedPayload{ID: id, Owner: "agent:claude-code/developer"},
		&event.NoteAddedPayload{ID: id, Kind: "progress", Subject: id, Text: "The flour is sifted, and the oven is getting hot."},
	}
	if i%tens == waits && i > 0 {
		events = append(events, &event.DependencyAddedPayload{ID: id, DependsOn: taskID(i - 1)})
	} else {
		events = append(events, &event.TaskStartedPayload{ID: id})
	}
	for len(events) < PerTask-2 {
		events = append(events, &event.TaskBlockedPayload{ID: id, Reason: "The oven is taken."}, &event.TaskUnblockedPayload{ID: id})
	}
	events = events[:PerTask-2]
	events = append(events, &event.TaskStartedPayload{ID: id})
	switch {
	case i%tens == cancelled:
		return append(events, &event.TaskCancelledPayload{ID: id, Reason: "Nobody wants it."})
	case i%tens >= open:
		return append(events, &event.TaskUnblockedPayload{ID: id})
	}
	return append(events, &event.TaskCompletedPayload{ID: id, Result: "It is made, and it tastes well."})
}
