package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
	"github.com/layercake-dev/layercake/core/transfer"
	"github.com/layercake-dev/layercake/core/workflow"
)

// ImportOptions says how a project is taken over.
type ImportOptions struct {
	// Update lets the file continue a log that is here already.
	Update bool
	// AcceptUnsigned takes decisions over that nobody signed. The caller has to be
	// a person at a terminal who typed that they do.
	AcceptUnsigned bool
	// Signers are the keys that may have signed; none leaves that to the log.
	Signers []*signature.Key
	// DryRun only looks.
	DryRun bool
}

// What came of importing, or would.
const (
	// ImportedNew: the project was not here.
	ImportedNew = "new"
	// ImportedMore: the log here was a beginning of the one in the file.
	ImportedMore = "continued"
	// ImportedNothing: the log here has all that the file has.
	ImportedNothing = "nothing_new"
)

// Imported says what a file held and what became of it.
type Imported struct {
	Project uuid.UUID `json:"project"`
	Slug    string    `json:"slug"`
	Name    string    `json:"name"`
	Level   string    `json:"level"`
	// Outcome is one of the constants above.
	Outcome string `json:"outcome"`
	// Events is how many the file holds, and Added how many of them were not here.
	Events int64  `json:"events"`
	Added  int64  `json:"added"`
	Head   string `json:"head"`
	// Signed is how many decisions carry a signature that holds, Signers whose, and
	// Unsigned the new decisions that nobody signed.
	Signed   int              `json:"signed"`
	Signers  []project.Signer `json:"signers"`
	Unsigned []int64          `json:"unsigned"`
	// Artifacts is how many pieces of evidence the file holds, and Missing those
	// that the log speaks of and are neither in it nor here.
	Artifacts int      `json:"artifacts"`
	Missing   []string `json:"missing"`

	hashes   map[int64]event.Hash
	shas     map[string]bool
	redacted map[int64][]int64
	unsigned []int64
	here     Head
}

// notImported refuses a file.
func notImported(format string, args ...any) *fault.Error {
	return fault.Usage("invalid_project_file", "the project cannot be imported: "+format, args...).
		WithHint("export it again where it is: `layercake project export --help`")
}

// Import takes a project over from a file, whole or not at all. The file is read
// twice: nothing is written before all of it was checked. Only a person can.
func (s *Projects) Import(ctx context.Context, by Caller, file io.ReadSeeker, opts ImportOptions) (*Imported, error) {
	if !by.Actor.IsPerson() || len(by.Presence.AgentSigns) > 0 {
		return nil, fault.NotAllowed("person_required", "only a person can import a project: it may hold decisions; this is %s", by.Actor).
			WithHint("a person runs the same command in a terminal; --dry-run says what is in it")
	}
	in, err := s.Inspect(ctx, file, opts)
	if err != nil || opts.DryRun || in.Outcome == ImportedNothing {
		return in, err
	}
	if err := in.allowed(by, opts); err != nil {
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the file again: %w", err)
	}
	return in, s.take(ctx, file, in)
}

// allowed refuses what somebody has to say yes to first.
func (in *Imported) allowed(by Caller, opts ImportOptions) error {
	switch {
	case in.Outcome == ImportedMore && !opts.Update:
		return fault.Conflict("project_exists", "project %s is here with %d of the %d events", in.Slug, in.here.Version, in.Events).
			WithHint("add --update to take over the rest; --dry-run says what is in it")
	case len(in.Unsigned) == 0:
		return nil
	case !opts.AcceptUnsigned:
		return fault.NotAllowed("unsigned_decisions", "the log holds %d decisions that nobody signed, such as event %d: whoever wrote the file may have made them up",
			len(in.Unsigned), in.Unsigned[0]).
			WithHint("if you trust whoever gave it to you, add --accept-unsigned at a terminal; --dry-run says what is in it")
	case !by.Presence.Terminal || !workflow.ApprovalWord(by.Presence.Word):
		return fault.NotAllowed("terminal_required", "a person at a terminal says that the %d unsigned decisions are to be taken over", len(in.Unsigned)).
			WithHint("run the same command in a terminal; --dry-run says what is in it")
	}
	return nil
}

// Inspect checks a file from its first line to its last, and says what importing it
// would come to. It changes nothing, so that anybody may.
func (s *Projects) Inspect(ctx context.Context, file io.Reader, opts ImportOptions) (*Imported, error) {
	in := &Imported{
		Signers: []project.Signer{}, Unsigned: []int64{}, Missing: []string{},
		hashes: map[int64]event.Hash{}, shas: map[string]bool{}, redacted: map[int64][]int64{},
	}
	if err := in.check(file, opts); err != nil {
		return nil, err
	}
	if err := s.compare(ctx, in); err != nil {
		return nil, err
	}
	for _, at := range in.unsigned {
		if at > in.here.Version {
			in.Unsigned = append(in.Unsigned, at)
		}
	}
	return in, s.missing(ctx, in)
}

// check reads the file: its form, the chain, the signatures, and that every event is
// one that this program knows.
func (in *Imported) check(file io.Reader, opts ImportOptions) error {
	var header *transfer.Header
	var v *event.Verifier
	var signatures *project.Auditor
	held := map[string]bool{}
	err := transfer.Read(file, transfer.Parts{
		Header: func(h *transfer.Header) error {
			header, v, signatures = h, event.NewVerifier(h.Project), project.NewAuditor(h.Project.String())
			return nil
		},
		Event: func(e *event.Envelope) error { return in.event(e, v, signatures) },
		Artifact: func(sha string, content io.Reader) error {
			held[sha] = true
			return sumOf(sha, content)
		},
	})
	if err == nil {
		err = v.Done()
	}
	if err != nil {
		return unreadable(err)
	}
	if _, head := v.Head(); head.String() != header.Head {
		return notImported("the last event is not the one that the first line names")
	}
	in.Project, in.Slug, in.Events, in.Head, in.Artifacts = header.Project, header.Slug, header.Events, header.Head, header.Artifacts
	in.Signed, in.unsigned = signatures.Signed, signatures.Unsigned
	for _, k := range signatures.People() {
		in.Signers = append(in.Signers, *k)
		if len(opts.Signers) > 0 && !contains(opts.Signers, k.Fingerprint) {
			return fault.NotAllowed("signer_unknown", "%s signs in the log with the key %s, which is not among those you named", k.Name, k.Fingerprint).
				WithHint("ask whoever gave you the file; `--signers FILE` names the keys that count")
		}
	}
	for sha := range held {
		delete(in.shas, sha)
	}
	return nil
}

func contains(keys []*signature.Key, fingerprint string) bool {
	for _, k := range keys {
		if k.Fingerprint == fingerprint {
			return true
		}
	}
	return false
}

func (in *Imported) event(e *event.Envelope, v *event.Verifier, signatures *project.Auditor) error {
	payload, err := event.Decode(e.Type, e.SchemaVersion, e.Payload)
	if err != nil {
		return fault.Conflict("event_unknown", "event %d was written by a newer LayerCake: %v", e.Version, err).
			WithHint("install the newest release, then try again; `layercake version` shows this one's")
	}
	if err := v.Next(e); err != nil {
		return err
	}
	if err := signatures.Next(e); err != nil {
		return err
	}
	switch p := payload.(type) {
	case *event.ProjectCreatedPayload:
		in.Name, in.Level = p.Name, p.Level
	case *event.LevelChangedPayload:
		in.Level = p.To
	case *event.PayloadRedactedPayload:
		in.redacted[p.Version] = append(in.redacted[p.Version], e.Version)
	}
	in.hashes[e.Version] = e.Hash
	storedArtifacts(e, in.shas)
	return nil
}

// unreadable says what is wrong with a file.
func unreadable(err error) error {
	if _, coded := errors.AsType[*fault.Error](err); coded {
		return err
	}
	if errors.Is(err, transfer.ErrNewer) {
		return fault.Conflict("project_file_newer", "the project cannot be imported: %v", err).
			WithHint("install the newest release, then try again; `layercake version` shows this one's")
	}
	return notImported("%v", err)
}

// sumOf checks a piece of evidence.
func sumOf(sha string, content io.Reader) error {
	if err := artifact.CheckDigest(sha); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != sha {
		return fmt.Errorf("the evidence %s is not what its hash says", sha)
	}
	return nil
}

// compare finds out what of the log is here already.
func (s *Projects) compare(ctx context.Context, in *Imported) error {
	head, known, err := endOf(ctx, s.a.store, in.Project)
	if err != nil {
		return err
	}
	in.here, in.Outcome, in.Added = head, ImportedNew, in.Events
	if !known || head.Version == 0 {
		return s.slugFree(ctx, in)
	}
	same := in.hashes[head.Version] == head.Hash
	if head.Version > in.Events {
		same = true
	}
	at := int64(0)
	if !same || head.Version > in.Events {
		err := s.upTo(ctx, in.Project, min(head.Version, in.Events), func(e *event.Envelope) error {
			if at == 0 && in.hashes[e.Version] != e.Hash {
				at = e.Version
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	switch {
	case at != 0:
		return fault.Conflict("logs_differ", "project %s is here with another log: they differ from event %d on", in.Slug, at).
			WithHint("run `layercake log --project %s` to see the one that is here", in.Project)
	case head.Version >= in.Events:
		in.Outcome, in.Added = ImportedNothing, 0
	default:
		in.Outcome, in.Added = ImportedMore, in.Events-head.Version
	}
	return nil
}

func (s *Projects) slugFree(ctx context.Context, in *Imported) error {
	other, err := s.a.store.ProjectBySlug(ctx, in.Slug)
	if err != nil && fault.KindOf(err) == fault.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if other.ID == in.Project {
		return fault.Conflict("log_moved_on", "project %s was imported by another command meanwhile; nothing was taken over", in.Slug).
			WithHint("try again; `layercake log --project %s` shows what is here", in.Slug)
	}
	return fault.Conflict("slug_taken", "another project is called %s here (%s)", in.Slug, other.ID).
		WithHint("run `layercake project show --project %s` to see it", in.Slug)
}

// redactedAnew is how often an event that is here was redacted since.
func (in *Imported) redactedAnew(version int64) int {
	n := 0
	for _, by := range in.redacted[version] {
		if version <= in.here.Version && by > in.here.Version {
			n++
		}
	}
	return n
}

// missing lists the evidence that would be nowhere.
func (s *Projects) missing(ctx context.Context, in *Imported) error {
	for sha := range in.shas {
		switch _, err := s.a.artifacts.Stat(ctx, sha); {
		case fault.CodeOf(err) == artifact.CodeMissing:
			in.Missing = append(in.Missing, sha)
		case err != nil:
			return err
		}
	}
	return nil
}

// take writes what was checked: first the evidence, which harms nobody where it is
// not needed, then the log.
func (s *Projects) take(ctx context.Context, file io.ReadSeeker, in *Imported) error {
	redacted := map[int64]json.RawMessage{}
	err := transfer.Read(file, transfer.Parts{
		Event: func(e *event.Envelope) error {
			switch n := in.redactedAnew(e.Version); {
			case n > 1:
				return fault.Conflict("redacted_twice", "event %d, which is here, was redacted %d times since: what it was in between is not in the file", e.Version, n).
					WithHint("restore a backup of the other database instead: `layercake db restore --help`")
			case n == 1:
				redacted[e.Version] = bytes.Clone(e.Payload)
			}
			return nil
		},
		Artifact: func(sha string, content io.Reader) error {
			ref, err := s.a.artifacts.Put(ctx, content)
			if err == nil && ref.SHA256 != sha {
				err = notImported("it changed while it was read")
			}
			return err
		},
	})
	if err != nil {
		return unreadable(err)
	}
	return s.a.store.Import(ctx, Import{
		Project: in.Project, Before: in.here, Redacted: redacted,
		Events: func(fn func(*event.Envelope) error) error {
			if _, err := file.Seek(0, io.SeekStart); err != nil {
				return fmt.Errorf("read the file again: %w", err)
			}
			// Again, so that what is written is what was checked.
			v := event.NewVerifier(in.Project)
			err := transfer.Read(file, transfer.Parts{Event: func(e *event.Envelope) error {
				if v.Next(e) != nil || in.hashes[e.Version] != e.Hash {
					return notImported("it changed while it was read")
				}
				if e.Version <= in.here.Version {
					return nil
				}
				return fn(e)
			}})
			if err == nil && v.Done() != nil {
				err = notImported("it changed while it was read")
			}
			return err
		},
	})
}
