package project

import (
	"fmt"
	"slices"
	"strings"
)

// ParallelConflict says why two tasks should not be worked on at the same time.
type ParallelConflict struct {
	// Tasks are two of them, or one that cannot be worked on now whatever the others do.
	Tasks []string
	// Kind is "order", "spec", "part" or "busy".
	Kind   string
	Reason string
}

// ParallelConflicts looks for what speaks against work on some tasks at the same
// time: that one waits for another, that two touch the same specification, that one is
// a part of another, or that somebody is at it. all are all tasks of the project, and
// runs those of agents that are open.
func ParallelConflicts(tasks []*Task, all map[string]*Task, runs []Run) []ParallelConflict {
	var found []ParallelConflict
	for i, t := range tasks {
		for j := range runs {
			if r := &runs[j]; r.Task == t.ID {
				found = append(found, ParallelConflict{[]string{t.ID}, "busy", fmt.Sprintf("run %s of %s is %s", RunID(r.ID), r.Role, r.Status)})
			}
		}
		for _, other := range tasks[i+1:] {
			pair := []string{t.ID, other.ID}
			switch {
			case waitsFor(t, other.ID, all, map[string]bool{}):
				found = append(found, ParallelConflict{pair, "order", TaskID(t.ID) + " waits for " + TaskID(other.ID)})
			case waitsFor(other, t.ID, all, map[string]bool{}):
				found = append(found, ParallelConflict{pair, "order", TaskID(other.ID) + " waits for " + TaskID(t.ID)})
			case t.Parent == other.ID || other.Parent == t.ID:
				found = append(found, ParallelConflict{pair, "part", "one is a part of the other"})
			}
			if shared := sharedSpecs(t.SpecRefs, other.SpecRefs); len(shared) > 0 {
				found = append(found, ParallelConflict{pair, "spec", "both are about " + strings.Join(shared, ", ")})
			}
		}
	}
	return found
}

// waitsFor reports whether a task waits for another one, be it by way of others.
func waitsFor(t *Task, id string, all map[string]*Task, seen map[string]bool) bool {
	for _, d := range t.DependsOn {
		if d == id {
			return true
		}
		if next := all[d]; next != nil && !seen[d] {
			seen[d] = true
			if waitsFor(next, id, all, seen) {
				return true
			}
		}
	}
	return false
}

func sharedSpecs(a, b []string) []string {
	var shared []string
	for _, s := range a {
		if slices.ContainsFunc(b, func(o string) bool { return strings.EqualFold(strings.TrimSpace(s), strings.TrimSpace(o)) }) {
			shared = append(shared, s)
		}
	}
	return shared
}
