package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/git"
)

// tagPrefix is where the tags of gates are.
const tagPrefix = "layercake/"

// tagged is how far back approvals are looked for that have no tag yet: this
// command's own, by the clock of a database that may be behind.
const tagged = time.Minute

// tags makes a tag on the candidate of each gate that was approved by this command.
// What has its tag is left alone.
func (g committer) tags(ctx context.Context) ([]git.TagOutcome, error) {
	approvals := []string{string(event.GateApproved), string(event.GateApprovedWithConditions), string(event.GateForced)}
	const most = 20
	events, err := g.s.Log.Events(ctx, g.s.at.Project, core.EventQuery{Types: approvals, Since: g.s.opened.Add(-tagged), Limit: most})
	if err != nil {
		return nil, err
	}
	var made []git.TagOutcome
	for _, e := range slices.Backward(events) {
		var approval event.Approval
		if err := json.Unmarshal(e.Payload, &approval); err != nil || approval.Commit == "" {
			continue // approved without a candidate: there is nothing to tag
		}
		out, err := git.TagOnce(ctx, g.s.at.Root, git.TagParams{
			Name: tagPrefix + approval.Gate, Commit: approval.Commit, Message: g.tagMessage(&e, &approval), Environ: g.s.f.env.list,
		})
		if err != nil {
			return made, err
		}
		if out.Created || out.Skipped != nil {
			made = append(made, *out)
		}
	}
	return made, nil
}

// tagMessage says what an approval was.
func (g committer) tagMessage(e *event.Envelope, approval *event.Approval) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Gate %s of %s: %s\n\n", approval.Gate, g.s.slug, decisions()[e.Type])
	fmt.Fprintf(&b, "By %s at %s, at level %s.\n", e.Actor, e.RecordedAt.UTC().Format(time.RFC3339), approval.Level)
	if approval.Signature != nil {
		fmt.Fprintf(&b, "Signed by %s.\n", approval.Signature.Signer)
	}
	t := git.Trailers{Project: g.s.at.Project.String(), From: e.Version, To: e.Version, Head: e.Hash.String()}
	return inertLines(b.String()) + "\n" + t.String()
}
