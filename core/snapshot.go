package core

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
)

// Snapshot is everything about a project at one moment: what the markdown files
// and summaries are made from.
type Snapshot struct {
	Head         Head
	Project      *project.Project
	Workflow     *workflow.Workflow
	Gates        []project.Gate
	Conditions   []project.Condition
	Proofs       []project.Proof
	Deliverables []project.Deliverable
	// Tasks are in the order in which they were created, with ShortID, Ready
	// and Waits filled in.
	Tasks     []project.Task
	Decisions []project.Decision
	Memories  []project.Memory
	// Notes are newest first.
	Notes       []project.Note
	Documents   []project.Document
	Questions   []project.Question
	Risks       []project.Risk
	Blockers    []project.Blocker
	Feedback    []project.Feedback
	Constraints []project.Constraint
	// Texts are what people wrote around the records of the files.
	Texts []project.FileText
	// Conflicts are the open ones between files and database.
	Conflicts []project.SyncConflict
	// Database names the database that this is read from.
	Database uuid.UUID
}

// maxSnapshotProgress bounds the entries of the progress log in a snapshot; the
// rest is in the log. Notes are all there, because they travel by the files.
const maxSnapshotProgress = 500

// Snapshot reads everything about a project at one moment.
func (a *App) Snapshot(ctx context.Context, v View) (*Snapshot, error) {
	var s Snapshot
	var err error
	if s.Database, err = a.store.DatabaseID(ctx); err != nil {
		return nil, err
	}
	err = a.store.Read(ctx, v, func(ctx context.Context, r Reader) error {
		var err error
		if s.Head, err = r.Head(ctx); err != nil {
			return err
		}
		if s.Project, err = r.Project(ctx); err != nil {
			return err
		}
		if s.Workflow, err = r.Workflow(ctx); err != nil {
			return err
		}
		if s.Gates, err = r.Gates(ctx); err != nil {
			return err
		}
		if s.Conditions, err = r.Conditions(ctx); err != nil {
			return err
		}
		if s.Proofs, err = r.Proofs(ctx, "", ""); err != nil {
			return err
		}
		if s.Deliverables, err = r.Deliverables(ctx); err != nil {
			return err
		}
		if s.Tasks, err = a.tasks(ctx, r, TaskQuery{}, s.Gates); err != nil {
			return err
		}
		if s.Decisions, err = r.Decisions(ctx); err != nil {
			return err
		}
		if s.Memories, err = r.Memories(ctx); err != nil {
			return err
		}
		shortenRecords(s.Decisions, s.Memories)
		return s.readRecords(ctx, r)
	})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

func (s *Snapshot) readRecords(ctx context.Context, r Reader) error {
	notes, err := r.Notes(ctx, "note", "", 0)
	if err != nil {
		return err
	}
	progress, err := r.Notes(ctx, "progress", "", maxSnapshotProgress)
	if err != nil {
		return err
	}
	s.Notes = slices.Concat(notes, progress)
	slices.SortFunc(s.Notes, func(a, b project.Note) int { return cmp.Compare(b.Version, a.Version) })
	if s.Documents, err = r.Documents(ctx); err != nil {
		return err
	}
	if s.Questions, err = r.Questions(ctx); err != nil {
		return err
	}
	if s.Risks, err = r.Risks(ctx); err != nil {
		return err
	}
	if s.Blockers, err = r.Blockers(ctx); err != nil {
		return err
	}
	if s.Feedback, err = r.Feedback(ctx); err != nil {
		return err
	}
	if s.Constraints, err = r.Constraints(ctx); err != nil {
		return err
	}
	if s.Texts, err = r.FileTexts(ctx); err != nil {
		return err
	}
	s.Conflicts, err = r.SyncConflicts(ctx, false)
	return err
}

// CurrentGate returns the first gate that is not passed, or nil.
func (s *Snapshot) CurrentGate() *project.Gate {
	for i := range s.Gates {
		if !s.Gates[i].Status.Passed() {
			return &s.Gates[i]
		}
	}
	return nil
}

// ReadyTasks returns the tasks that could be started now, most urgent first.
func (s *Snapshot) ReadyTasks(now time.Time) []*project.Task {
	var ready []*project.Task
	for rank := range len(project.Priorities()) {
		for i := range s.Tasks {
			t := &s.Tasks[i]
			if t.Ready && !t.ClaimedNow(now) && t.EffectivePriority(now).Rank() == rank {
				ready = append(ready, t)
			}
		}
	}
	return ready
}
