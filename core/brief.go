package core

import (
	"context"
	"fmt"
	"strings"

	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/proof"
)

// brief writes what a person reads before deciding on a gate: scope, state of
// the deliverables and proofs, what changed since the last gate, risks, what
// stands against it, the question and the options.
func (s *Gates) brief(ctx context.Context, at Place, st *project.State, g *project.Gate, checks *project.Checks) (string, error) {
	var b strings.Builder
	p := st.Project
	def, _ := st.Workflow.Gate(g.ID)
	fmt.Fprintf(&b, "Gate %s: %s\n", g.ID, g.Title)
	fmt.Fprintf(&b, "Project %s (%s, preset %s, tier %s), phase %s\n", p.Name, p.Type, p.Preset, p.Tier, p.Phase)
	b.WriteString(briefLevel(p.Level))
	if checks.Candidate.Commit != "" {
		fmt.Fprintf(&b, "Candidate: commit %s\n", checks.Candidate.Commit)
	}
	if p.Description != "" {
		fmt.Fprintf(&b, "\nScope\n  %s\n", strings.ReplaceAll(p.Description, "\n", "\n  "))
	}
	s.briefEvidence(&b, st, g)
	if err := s.briefChanges(ctx, &b, at, st, g, checks); err != nil {
		return "", err
	}
	if err := s.briefRisks(ctx, &b, at); err != nil {
		return "", err
	}
	b.WriteString("\nCost so far\n  no agent run has been recorded\n")
	reasons := project.Readiness(st, g, checks)
	if len(reasons) == 0 {
		b.WriteString("\nNothing stands against approval.\n")
	} else {
		fmt.Fprintf(&b, "\nWhat stands against approval (%d)\n", len(reasons))
		for i := range reasons {
			fmt.Fprintf(&b, "  - %s\n", reasons[i].Message)
		}
	}
	fmt.Fprintf(&b, "\nQuestion: %s\n", def.Question)
	fmt.Fprintf(&b, "Options:\n  layercake gate approve %[1]s\n  layercake gate approve %[1]s --condition \"…\" --blocks GATE\n"+
		"  layercake gate reject %[1]s --feedback \"…\"\n", g.ID)
	return b.String(), nil
}

// briefLevel says how the decision is taken, and so what it will be worth.
func briefLevel(l project.Level) string {
	switch l {
	case project.LevelDemo:
		return "DEMO: decisions in this project are not made by an authenticated person.\n"
	case project.LevelSigned:
		return "Decided by a signature with an enrolled key (level signed).\n"
	case project.LevelElicited:
		return "Decided at a terminal or in an MCP client (level elicited): recorded, not authenticated.\n"
	case project.LevelTerminal, project.LevelCI:
	}
	return "Decided at a terminal (level terminal): recorded, not authenticated.\n"
}

func (*Gates) briefEvidence(b *strings.Builder, st *project.State, g *project.Gate) {
	b.WriteString("\nDeliverables\n")
	none := true
	for i := range st.Deliverables {
		if d := &st.Deliverables[i]; d.Gate == g.ID {
			none = false
			fmt.Fprintf(b, "  - %s (%s): %s %s\n", d.Title, d.ID, d.Status, d.Path)
		}
	}
	if none {
		b.WriteString("  none asked for\n")
	}
	b.WriteString("\nProofs\n")
	def, _ := st.Workflow.Gate(g.ID)
	if len(def.Proofs) == 0 {
		b.WriteString("  none asked for\n")
	}
	for i := range def.Proofs {
		want := &def.Proofs[i]
		p := latestProof(st.Proofs, g, want.Type)
		if p == nil {
			fmt.Fprintf(b, "  - %s (%s): missing\n", want.Type, want.Grade)
			continue
		}
		fmt.Fprintf(b, "  - %s (%s): %s, %s; sha256 %.12s, seen by %s at %s\n", want.Type, p.Grade, p.Result, p.Summary, p.SHA256,
			p.ObservedBy, p.CreatedAt.UTC().Format("2006-01-02 15:04 UTC"))
	}
}

func latestProof(proofs []project.Proof, g *project.Gate, proofType string) *project.Proof {
	var newest *project.Proof
	for i := range proofs {
		if p := &proofs[i]; p.Gate == g.ID && p.Type == proofType && (newest == nil || p.Version > newest.Version) {
			newest = p
		}
	}
	return newest
}

// briefChanges says what happened since the gate before.
func (s *Gates) briefChanges(
	ctx context.Context, b *strings.Builder, at Place, st *project.State, g *project.Gate, checks *project.Checks,
) error {
	var last *project.Gate
	for i := range st.Gates {
		if e := &st.Gates[i]; e.Position < g.Position && e.Status == project.GateApproved {
			last = e
		}
	}
	since := int64(0)
	what := "since the project began"
	if last != nil {
		since, what = last.Version, "since gate "+last.ID
	}
	counts := map[event.Type]int{}
	total := 0
	err := s.a.store.Stream(ctx, at.Project, since, func(e *event.Envelope) error {
		counts[e.Type]++
		total++
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\nWhat changed %s\n  %d events", what, total)
	for _, t := range []event.Type{event.TaskCreated, event.TaskCompleted, event.DecisionMade, event.ProofCaptured, event.DocumentUpdated} {
		if counts[t] > 0 {
			fmt.Fprintf(b, ", %d %s", counts[t], t)
		}
	}
	b.WriteString("\n")
	if last != nil && last.Commit != "" && checks.Candidate.Commit != "" && last.Commit != checks.Candidate.Commit {
		if drift, err := proof.Drift(ctx, at.Root, last.Commit, treeOptions(st.Project, nil)); err == nil {
			fmt.Fprintf(b, "  %d commits, %d files changed since its candidate %.10s\n", drift.Commits, len(drift.Changes), last.Commit)
		}
	}
	return nil
}

func (s *Gates) briefRisks(ctx context.Context, b *strings.Builder, at Place) error {
	risks, err := s.a.Records.Risks(ctx, View{Project: at.Project}, false)
	if err != nil {
		return err
	}
	b.WriteString("\nRisks\n")
	if len(risks) == 0 {
		b.WriteString("  none recorded\n")
	}
	const most = 20
	for i := range risks[:min(most, len(risks))] {
		fmt.Fprintf(b, "  - %s (probability %s, impact %s)\n", risks[i].Title, risks[i].Probability, risks[i].Impact)
	}
	return nil
}
