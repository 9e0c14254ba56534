package core

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/transfer"
)

// ExportOptions says what goes into the file of a project.
type ExportOptions struct {
	// Artifacts puts the evidence and documents in as well.
	Artifacts bool
}

// Exported says what a file holds.
type Exported struct {
	Project uuid.UUID `json:"project"`
	Slug    string    `json:"slug"`
	Events  int64     `json:"events"`
	Head    string    `json:"head"`
	// Artifacts are the pieces of evidence in the file, LeftOut those that the log
	// speaks of and are not in it because nobody asked, and Missing those that are
	// not in the store.
	Artifacts []string `json:"artifacts"`
	LeftOut   []string `json:"left_out"`
	Missing   []string `json:"missing"`
}

// errEnough ends the reading of a log where an export ends.
var errEnough = errors.New("enough")

// Export writes a project with its whole log, as package transfer describes it. A
// log that does not verify is not exported: nobody could import it.
func (s *Projects) Export(ctx context.Context, p uuid.UUID, w io.Writer, opts ExportOptions) (*Exported, error) {
	audit, err := s.a.Log.Verify(ctx, p)
	if err != nil {
		return nil, err
	}
	if !audit.OK && audit.FaultAt != 0 {
		return nil, fault.Conflict("log_broken", "the log does not verify, so that nobody could import it: %s", audit.Summary()).
			WithHint("run `layercake audit verify`")
	}
	done := &Exported{Project: p, Events: audit.Events, Head: audit.Head, Artifacts: []string{}, LeftOut: []string{}, Missing: []string{}}
	shas := map[string]bool{}
	err = s.upTo(ctx, p, audit.Events, func(e *event.Envelope) error {
		storedArtifacts(e, shas)
		return done.name(e)
	})
	if err != nil {
		return nil, err
	}
	for _, sha := range slices.Sorted(maps.Keys(shas)) {
		switch _, err := s.a.artifacts.Stat(ctx, sha); {
		case fault.CodeOf(err) == artifact.CodeMissing:
			done.Missing = append(done.Missing, sha)
		case err != nil:
			return nil, err
		case opts.Artifacts:
			done.Artifacts = append(done.Artifacts, sha)
		default:
			done.LeftOut = append(done.LeftOut, sha)
		}
	}
	return done, s.write(ctx, w, done)
}

// name takes note of the short name, which is fixed when a project is created.
func (d *Exported) name(e *event.Envelope) error {
	if e.Type != event.ProjectCreated {
		return nil
	}
	payload, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
	if created, ok := payload.(*event.ProjectCreatedPayload); ok {
		d.Slug = created.Slug
	}
	return err
}

func (s *Projects) write(ctx context.Context, w io.Writer, done *Exported) error {
	out, err := transfer.NewWriter(w, transfer.Header{
		Project: done.Project, Slug: done.Slug, Events: done.Events, Head: done.Head, Artifacts: len(done.Artifacts),
	})
	if err != nil {
		return err
	}
	if err := s.upTo(ctx, done.Project, done.Events, out.Event); err != nil {
		return err
	}
	for _, sha := range done.Artifacts {
		content, err := s.a.artifacts.Open(ctx, sha)
		if err != nil {
			return err
		}
		err = out.Artifact(sha, content)
		_ = content.Close() // read only
		if err != nil {
			return err
		}
	}
	return out.Close()
}

// upTo calls fn with the events of a log up to a version.
func (s *Projects) upTo(ctx context.Context, p uuid.UUID, last int64, fn func(*event.Envelope) error) error {
	err := s.a.store.Stream(ctx, p, 0, func(e *event.Envelope) error {
		if err := fn(e); err != nil {
			return err
		}
		if e.Version == last {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

// storedArtifacts notes the artifacts of an event that are kept in the store:
// evidence and documents. A deliverable's hash is that of a file in the repository.
func storedArtifacts(e *event.Envelope, shas map[string]bool) {
	if e.Type != event.DeliverableUpdated {
		artifactsOf(e, shas)
	}
}
