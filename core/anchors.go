package core

import (
	"context"
	"crypto/sha256"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/anchor"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// Anchors has people sign where logs end, so that a log which is computed anew from
// its beginning is found.
type Anchors struct{ a *App }

// NewAnchor says what is to be anchored.
type NewAnchor struct {
	// Projects are those whose logs are; none means all of the database.
	Projects []uuid.UUID
	// Signer is how the person is called in the anchor.
	Signer string
	// Sign makes the signature, in the namespace [anchor.Namespace].
	Sign func(ctx context.Context, text []byte) (armored []byte, err error)
}

// SignedAnchor is an anchor and the file that holds it.
type SignedAnchor struct {
	*anchor.Anchor

	File *anchor.File
	// Key made the signature.
	Key *signature.Key
}

// Make checks the logs and has the person sign where they end. Nothing is recorded
// yet: first the anchor has to be somewhere; see [Anchors.Record]. Only a person
// can, and no log that does not verify is anchored.
func (s *Anchors) Make(ctx context.Context, by Caller, in NewAnchor) (*SignedAnchor, error) {
	if !by.Actor.IsPerson() {
		return nil, fault.NotAllowed("person_required", "only a person can anchor the log; this is %s", by.Actor).
			WithHint("a person runs the same command in a terminal")
	}
	streams, err := s.a.store.Streams(ctx)
	if err != nil {
		return nil, err
	}
	database, err := s.a.store.DatabaseID(ctx)
	if err != nil {
		return nil, err
	}
	made := &anchor.Anchor{Database: database, Time: s.a.now()}
	wanted := map[uuid.UUID]bool{}
	for _, id := range in.Projects {
		wanted[id] = true
	}
	for _, stream := range streams {
		if stream.Head.Version == 0 || len(wanted) > 0 && !wanted[stream.Project] {
			continue
		}
		head, err := s.head(ctx, stream.Project)
		if err != nil {
			return nil, err
		}
		made.Heads = append(made.Heads, head)
	}
	if len(made.Heads) == 0 {
		return nil, fault.NotFound("nothing_to_anchor", "there is no log to anchor").WithHint("run `layercake project list`")
	}
	armored, err := in.Sign(ctx, made.Text())
	if err != nil {
		return nil, err
	}
	key, err := signature.Contained(armored)
	if err != nil {
		return nil, fault.Failed("not_signed", "the signature cannot be read: %v", err).WithHint("run `layercake config list` to see signing_key")
	}
	file := anchor.NewFile(in.Signer, made.Text(), armored)
	if _, err := file.Check([]*signature.Key{key}); err != nil {
		return nil, fault.Failed("not_signed", "the signature does not hold: %v", err).WithHint("run `layercake config list` to see signing_key")
	}
	return &SignedAnchor{Anchor: made, File: file, Key: key}, nil
}

// head returns where a log ends that verifies.
func (s *Anchors) head(ctx context.Context, id uuid.UUID) (anchor.Head, error) {
	audit, err := s.a.Log.Verify(ctx, id)
	if err != nil {
		return anchor.Head{}, err
	}
	if !audit.OK {
		return anchor.Head{}, fault.Conflict("log_broken", "the log of project %s does not verify, and an anchor would vouch for it: %s", id, audit.Summary()).
			WithHint("run `layercake audit verify --project %s`", id)
	}
	return anchor.Head{Project: id, Version: audit.Events, Hash: audit.head}, nil
}

// Record notes an anchor in the logs that it anchors, those of archived and deleted
// projects excepted, and returns in how many.
func (s *Anchors) Record(ctx context.Context, by Caller, made *SignedAnchor) (int, error) {
	projects, err := s.a.store.Projects(ctx, false)
	if err != nil {
		return 0, err
	}
	open := map[uuid.UUID]bool{}
	for i := range projects {
		open[projects[i].ID] = true
	}
	recorded := 0
	for _, h := range made.Heads {
		if !open[h.Project] {
			continue
		}
		_, err := s.a.write(ctx, by, h.Project, &project.RecordAnchor{
			Version: h.Version, Hash: h.Hash, TextHash: sha256.Sum256(made.Text()), Signer: made.File.Signer, Fingerprint: made.Key.Fingerprint,
		})
		if err != nil {
			return recorded, err
		}
		recorded++
	}
	return recorded, nil
}
