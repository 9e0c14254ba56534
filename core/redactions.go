package core

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/artifact"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/redact"
)

// Redactions takes texts out of a project's log: secrets that got in.
type Redactions struct{ a *App }

// Target says what to take out.
type Target struct {
	// Text is what to look for; empty means the whole of the fields.
	Text string
	// Seq is the one event to change; 0 means every event that holds Text.
	Seq int64
	// Field is the one field of it to change, such as "title"; empty means all.
	Field string
	// DropEvidence removes artifacts that hold Text.
	DropEvidence bool
}

// minTarget is the least length of a text that is looked for, in bytes. A shorter
// one would be found in every other word.
const minTarget = 4

func (t *Target) check() error {
	switch {
	case t.Text == "" && t.Seq == 0:
		return fault.Usage("missing_text", "it is not said what to take out").WithHint("run `layercake redact --help`")
	case t.Text != "" && len(t.Text) < minTarget:
		return fault.Usage("text_too_short", "a text of less than %d bytes would be found everywhere", minTarget).
			WithHint("run `layercake log` to find the event, and name it with --seq")
	case t.Field != "" && t.Seq == 0:
		return fault.Usage("conflicting_flags", "a field is one of an event, and no event is named").WithHint("run `layercake redact --help`")
	}
	return nil
}

// Finding is a place that holds what is to be taken out.
type Finding struct {
	// Version and Type are the event, Fields where in it.
	Version int64      `json:"version"`
	Type    event.Type `json:"type"`
	Fields  []string   `json:"fields"`
	// Kept are places that cannot be changed: ids, names of actors, sums.
	Kept []string `json:"kept"`
}

// RedactionPlan is what a redaction would change, or changed.
type RedactionPlan struct {
	Events []Finding `json:"events"`
	// Renderings are markdown files of which older texts are kept.
	Renderings []string `json:"renderings"`
	// Artifacts are pieces of evidence and documents, by hash.
	Artifacts []string `json:"artifacts"`
	// Dropped says that the artifacts were removed.
	Dropped bool `json:"dropped"`
	// First and Last are the events that record it; 0 when nothing was done.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
}

// Empty reports whether there is nothing to take out.
func (p *RedactionPlan) Empty() bool {
	return len(p.Renderings) == 0 && len(p.Artifacts) == 0 &&
		!slices.ContainsFunc(p.Events, func(f Finding) bool { return len(f.Fields) > 0 })
}

// payload returns a function that takes the target out of payloads, and notes
// what cannot be taken out.
func (t *Target) payload(keep func(path string)) func(e *event.Envelope) (json.RawMessage, []string, error) {
	var text *redact.Text
	if t.Text != "" {
		text = redact.NewText(t.Text)
	}
	return func(e *event.Envelope) (json.RawMessage, []string, error) {
		if t.Seq != 0 && e.Version != t.Seq {
			return e.Payload, nil, nil
		}
		return event.Rewrite(e.Payload, func(path, s string) string {
			named := t.Field == "" || path == t.Field || len(path) > len(t.Field) && path[:len(t.Field)+1] == t.Field+"/"
			if !named || s == "" {
				return s
			}
			replaced := redact.TextMark
			if text != nil {
				replaced = text.Replace(s)
			}
			if replaced == s {
				return s
			}
			if event.UseOf(e.Type, path) != event.UseText {
				if text != nil || t.Field != "" {
					keep(path)
				}
				return s
			}
			return replaced
		})
	}
}

// Plan looks for everything that a redaction would change. It changes nothing.
func (s *Redactions) Plan(ctx context.Context, p uuid.UUID, t Target) (*RedactionPlan, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	plan := &RedactionPlan{Events: []Finding{}, Renderings: []string{}, Artifacts: []string{}}
	shas := map[string]bool{}
	var kept []string
	rewrite := t.payload(func(path string) { kept = append(kept, path) })
	seen := false
	err := s.a.store.Stream(ctx, p, 0, func(e *event.Envelope) error {
		kept = []string{}
		seen = seen || e.Version == t.Seq
		artifactsOf(e, shas)
		_, fields, err := rewrite(e)
		if err != nil {
			return err
		}
		if t.Text != "" && (t.Seq == 0 || t.Seq == e.Version) {
			text := redact.NewText(t.Text)
			for place, s := range map[string]string{"actor": e.Actor, "on behalf of": e.OnBehalfOf, "session": e.Session} {
				if text.Replace(s) != s {
					kept = append(kept, place)
				}
			}
			slices.Sort(kept)
		}
		if len(fields) > 0 || len(kept) > 0 {
			plan.Events = append(plan.Events, Finding{Version: e.Version, Type: e.Type, Fields: orEmpty(fields), Kept: kept})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if t.Seq != 0 && !seen {
		return nil, fault.NotFound("event_not_found", "there is no event %d", t.Seq).WithHint("run `layercake log`")
	}
	if t.Text == "" {
		return plan, nil
	}
	return plan, s.copies(ctx, p, t.Text, shas, plan)
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// artifactsOf notes the artifacts that an event speaks of.
func artifactsOf(e *event.Envelope, shas map[string]bool) {
	var c struct {
		SHA256 string `json:"sha256"`
	}
	if json.Unmarshal(e.Payload, &c) == nil && artifact.CheckDigest(c.SHA256) == nil {
		shas[c.SHA256] = true
	}
}

// copies looks for the text in what is kept beside the log.
func (s *Redactions) copies(ctx context.Context, p uuid.UUID, wanted string, shas map[string]bool, plan *RedactionPlan) error {
	text := redact.NewText(wanted)
	err := s.a.store.Renderings(ctx, p, func(file string, content []byte) error {
		if text.Replace(string(content)) != string(content) && !slices.Contains(plan.Renderings, file) {
			plan.Renderings = append(plan.Renderings, file)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for sha := range shas {
		held, err := s.holds(ctx, sha, text)
		if err != nil {
			return err
		}
		if held {
			plan.Artifacts = append(plan.Artifacts, sha)
		}
	}
	slices.Sort(plan.Artifacts)
	return nil
}

// holds reports whether an artifact holds the text. One that is not there, as
// deliverables are not, holds nothing.
func (s *Redactions) holds(ctx context.Context, sha string, text *redact.Text) (bool, error) {
	r, err := s.a.artifacts.Open(ctx, sha)
	if fault.CodeOf(err) == artifact.CodeMissing {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { _ = r.Close() }() // read only
	held, err := text.In(r)
	if code := fault.CodeOf(err); code == artifact.CodeAltered {
		return held, nil
	}
	return held, err
}

// Redact takes the target out of the log, the projections, the markdown files
// that are kept and, if asked for, the artifacts. What it changes is recorded;
// doing it again changes nothing more.
func (s *Redactions) Redact(ctx context.Context, by Caller, p uuid.UUID, t Target, reason string) (*RedactionPlan, error) {
	plan, err := s.Plan(ctx, p, t)
	if err != nil || plan.Empty() {
		return plan, err
	}
	var dropped []string
	if t.DropEvidence {
		dropped = plan.Artifacts
	}
	cmd := &project.RedactPayloads{Presence: by.Presence, Reason: reason, Dropped: dropped}
	if t.Text != "" {
		cmd.Reason = redact.NewText(t.Text).Replace(reason)
	}
	if by.Sign != nil {
		if err := s.a.sign(ctx, by, p, cmd); err != nil {
			return nil, err
		}
	}
	if by.Correlation == uuid.Nil {
		by.Correlation = uuid.New()
	}
	var cleaned []string
	receipt, err := s.a.store.Redact(ctx, Redact{
		Write: Write{
			Project: p, Actor: s.a.cleaner.actor(by.Actor), Now: s.a.now(), Key: by.Key, CorrelationID: by.Correlation, CausationID: by.Causation,
		},
		Payload: t.payload(func(string) {}),
		Rendering: func(content []byte) []byte {
			if t.Text == "" {
				return content
			}
			return []byte(redact.NewText(t.Text).Replace(string(content)))
		},
		Command: func(found []project.Redaction) project.Command {
			cmd.Redactions = found
			return s.a.cleaner.command(cmd, &cleaned)
		},
	})
	if err != nil {
		return nil, err
	}
	if receipt.Last >= receipt.First {
		plan.First, plan.Last = receipt.First, receipt.Last
	}
	// Last, so that a kill before leaves something that the next run finds.
	for _, sha := range dropped {
		if err := s.a.artifacts.Remove(ctx, sha); err != nil {
			return nil, fmt.Errorf("remove evidence: %w", err)
		}
	}
	plan.Dropped = len(dropped) > 0
	return plan, nil
}

// ReadSecret reads a text from a file or a pipe, without the line end that
// editors and echo put behind it.
func ReadSecret(r io.Reader) (string, error) {
	const most = 64 << 10
	raw, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return "", fmt.Errorf("read the text: %w", err)
	}
	if len(raw) > most {
		return "", fault.Usage("too_long", "the text has more than %d bytes", most).WithHint("name the event with --seq instead")
	}
	return strings.TrimRight(string(raw), "\r\n"), nil
}
