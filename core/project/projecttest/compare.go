package projecttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Show writes a model down, one thing a line.
func (m *Model) Show(now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "phase %s, blocked in %q\n", m.Phase, m.Blocked)
	for _, g := range m.Gates {
		fmt.Fprintf(&b, "gate %s %s\n", g.ID, g.Status)
	}
	for _, id := range slices.Sorted(maps.Keys(m.Tasks)) {
		t := m.Tasks[id]
		until := ""
		if t.ClaimedBy != "" {
			until = t.Until.UTC().Format(time.RFC3339Nano)
		}
		showTask(&b, id, t.Status, t.Priority, t.Owner, t.ClaimedBy, until, t.BlockedBy, t.Deferred, t.Phase,
			slices.Sorted(maps.Keys(t.DependsOn)), m.Waits(id), m.Ready(id, now))
	}
	return b.String()
}

// Seen is what was read of a real project.
type Seen struct {
	Project *project.Project
	Gates   []project.Gate
	// Tasks have their dependencies filled in, Ready are those that are offered.
	Tasks []project.Task
	Ready map[string]bool
}

// Show writes a project down in the same form.
func (s *Seen) Show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "phase %s, blocked in %q\n", s.Project.Phase, s.Project.BlockedFrom)
	for i := range s.Gates {
		fmt.Fprintf(&b, "gate %s %s\n", s.Gates[i].ID, s.Gates[i].Status)
	}
	statuses := map[string]project.TaskStatus{}
	for i := range s.Tasks {
		statuses[s.Tasks[i].ID] = s.Tasks[i].Status
	}
	slices.SortFunc(s.Tasks, func(a, b project.Task) int { return strings.Compare(a.ID, b.ID) })
	for i := range s.Tasks {
		t := &s.Tasks[i]
		until := ""
		if t.LeaseUntil != nil {
			until = t.LeaseUntil.UTC().Format(time.RFC3339Nano)
		}
		waits := len(project.Waits(t, statuses, s.Gates)) > 0
		showTask(&b, t.ID, t.Status, t.Priority, t.Owner, t.ClaimedBy, until, t.BlockedBy, t.DeferredGate, t.Phase,
			slices.Sorted(slices.Values(t.DependsOn)), waits, s.Ready[t.ID])
	}
	return b.String()
}

func showTask(
	b *strings.Builder, id string, status project.TaskStatus, priority project.Priority, owner, claimedBy, until, blockedBy, deferred string,
	phase workflow.Phase, dependsOn []string, waits, ready bool,
) {
	fmt.Fprintf(b, "task %s %s %s in %s, owner %q, claimed by %q until %q, blocked by %q, deferred past %q, after %v, waits %v, ready %v\n",
		id, status, priority, phase, owner, claimedBy, until, blockedBy, deferred, dependsOn, waits, ready)
}
