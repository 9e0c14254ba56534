package core

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/layercake-dev/layercake/core/anchor"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/signature"
)

// AnchorFile is an anchor to compare logs with.
type AnchorFile struct {
	// Name is how the file is called in answers.
	Name string
	Raw  []byte
	// Named says that it was asked for: then every log in it is looked at, also
	// those of other projects, and its key has to be one that counts. Otherwise it
	// was found beside the project, and only says something about that.
	Named bool
}

// AnchorCheck is what came of comparing logs with an anchor.
type AnchorCheck struct {
	File string `json:"file"`
	// OK says that the signature holds and that every log has, where the anchor
	// says, the event that it names.
	OK bool `json:"ok"`
	// Problem is what is wrong.
	Problem string `json:"problem"`
	// Time is when it was signed, by the signer's clock.
	Time time.Time `json:"time"`
	// Version is the event up to which the project's log is anchored, or 0.
	Version int64 `json:"version"`
	// Heads is how many logs the anchor is about.
	Heads int `json:"heads"`
	// Signer and Key made the signature; Known says that the key counts.
	Signer string `json:"signer"`
	Key    string `json:"key"`
	Known  bool   `json:"known"`

	anchor *anchor.Anchor
	file   *anchor.File
	named  bool
}

func (c *AnchorCheck) fail(format string, args ...any) {
	if c.OK {
		c.OK, c.Problem = false, fmt.Sprintf(format, args...)
	}
}

// VerifyAnchored is [Log.Verify] that also compares logs with anchors. The keys that
// count are the given ones or, without any, those of the people who are or were
// enrolled in the project.
func (s *Log) VerifyAnchored(ctx context.Context, p uuid.UUID, files []AnchorFile, keys []*signature.Key) (*Audit, error) {
	checks := make([]AnchorCheck, len(files))
	wanted := map[uuid.UUID]map[int64]bool{p: {}}
	for i := range files {
		checks[i] = readAnchor(&files[i])
		for _, h := range checks[i].heads(p) {
			if wanted[h.Project] == nil {
				wanted[h.Project] = map[int64]bool{}
			}
			wanted[h.Project][h.Version] = true
		}
	}
	audits := map[uuid.UUID]*Audit{}
	for id, versions := range wanted {
		audit, err := verifyLog(ctx, s.a.store, id, versions)
		if id != p && err != nil && fault.KindOf(err) == fault.KindNotFound {
			continue // the comparison says so
		}
		if err != nil {
			return nil, err
		}
		audits[id] = audit
	}
	audit := audits[p]
	for i := range checks {
		c := &checks[i]
		if c.OK {
			c.signed(keys, audit.people)
			c.compare(p, audits)
		}
		if !c.OK {
			audit.fail(c.faultIn(p, audits), fmt.Sprintf("the anchor %s: %s", c.File, c.Problem))
		}
	}
	audit.Anchors = checks
	return audit, nil
}

func readAnchor(f *AnchorFile) AnchorCheck {
	c := AnchorCheck{File: f.Name, OK: true, named: f.Named}
	file, a, err := anchor.Parse(f.Raw)
	if err != nil {
		c.fail("%v", err)
		return c
	}
	c.file, c.anchor, c.Time, c.Heads, c.Signer = file, a, a.Time, len(a.Heads), file.Signer
	return c
}

// heads are the logs to look at.
func (c *AnchorCheck) heads(p uuid.UUID) []anchor.Head {
	if c.anchor == nil {
		return nil
	}
	var heads []anchor.Head
	for _, h := range c.anchor.Heads {
		if c.named || h.Project == p {
			heads = append(heads, h)
		}
	}
	return heads
}

// signed checks the signature, by the keys that count or, where the anchor only
// happens to be there, by whichever key it names.
func (c *AnchorCheck) signed(keys []*signature.Key, people []*project.Signer) {
	if len(keys) == 0 {
		for _, k := range people {
			if key, err := signature.ParseKey([]byte(k.Key)); err == nil {
				key.Comment = k.Name
				keys = append(keys, key)
			}
		}
	}
	key, err := c.file.Check(keys)
	if _, unknown := errors.AsType[*anchor.UnknownKeyError](err); unknown && !c.named {
		if key, err = signature.Contained(c.file.Armored()); err == nil {
			c.Key = key.Fingerprint
			_, err = c.file.Check([]*signature.Key{key})
		}
		if err != nil {
			c.fail("%v", err)
		}
		return
	}
	if err != nil {
		c.fail("%v", err)
		return
	}
	c.Known, c.Key = true, key.Fingerprint
	if key.Comment != "" {
		c.Signer = key.Comment
	}
}

// compare looks for the events that the anchor names.
func (c *AnchorCheck) compare(p uuid.UUID, audits map[uuid.UUID]*Audit) {
	for _, h := range c.heads(p) {
		audit := audits[h.Project]
		of := ""
		if h.Project != p {
			of = " of project " + h.Project.String()
		} else {
			c.Version = h.Version
		}
		switch {
		case audit == nil:
			c.fail("project %s is not in this database", h.Project)
		case audit.Events < h.Version && audit.OK:
			c.fail("event %d%s is missing: the log ends at %d", h.Version, of, audit.Events)
		case !audit.OK:
			c.fail("the log%s does not verify: %s", of, audit.Summary())
		case audit.hashes[h.Version] != h.Hash:
			c.fail("event %d%s is not the one that was signed: the log was written anew", h.Version, of)
		}
	}
}

// faultIn is the position in the project's log that an anchor contradicts, or 0.
func (c *AnchorCheck) faultIn(p uuid.UUID, audits map[uuid.UUID]*Audit) int64 {
	for _, h := range c.heads(p) {
		if a := audits[p]; h.Project == p && a.OK && a.hashes[h.Version] != h.Hash {
			return min(h.Version, a.Events+1)
		}
	}
	return 0
}
