package markdown

import (
	"context"
	"strconv"
	"strings"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/event"
	"github.com/layercake-dev/layercake/core/project"
)

// takeRecords takes in what DECISIONS.md or MEMORY.md says.
func (a *taker) takeRecords(ctx context.Context) error {
	for i := range a.out.changes {
		c := &a.out.changes[i]
		var err error
		switch {
		case c.removed:
			err = a.removeRecord(ctx, c)
		case c.made && !a.known(c):
			err = a.newRecord(ctx, c)
		default:
			err = a.editRecord(ctx, c)
		}
		if err != nil {
			return err
		}
		if !c.refused {
			a.tookChange(c)
		}
	}
	return nil
}

// known reports whether the database has a record that it does not list.
func (a *taker) known(c *change) bool {
	if c.id == "" || c.kind != core.KindMemory {
		return false
	}
	for i := range a.snap.Memories {
		if a.snap.Memories[i].ID == c.id {
			return true
		}
	}
	return false
}

func (c *change) origin() event.Origin {
	return event.Origin{By: c.disk.Fields[fieldBy], On: c.disk.Fields[fieldOn]}
}

// newRecord keeps a record that a person wrote, or another database has.
func (a *taker) newRecord(ctx context.Context, c *change) error {
	received := c.id != ""
	if !received {
		c.id = a.id(c)
		c.disk.ID = c.id
	}
	before := len(a.out.clashes)
	err := a.make(ctx, c, a.record(c, received))
	c.fresh, c.refused = true, len(a.out.clashes) > before
	return err
}

// record is the command that makes a record.
func (a *taker) record(c *change, received bool) project.Command {
	f := c.set
	switch c.kind {
	case core.KindDecision:
		made := project.MakeDecision{
			ID: c.id, Title: f[fieldTitle], Context: f[fieldContext], Decision: orElse(f[fieldDecision], f[fieldTitle]),
			Rationale: f[fieldRationale], Consequences: f[fieldConsequences], Alternatives: lines(f[fieldAlternatives]), Gate: f[fieldGate],
			Status: project.DecisionStatus(f[fieldStatus]), Supersedes: strings.TrimPrefix(f[fieldSupersedes], project.PrefixDecision),
		}
		if made.Status != project.DecisionProposed {
			made.Status = project.DecisionAccepted
		}
		if !received {
			return &made
		}
		return &project.ReceiveDecision{
			MakeDecision: made, Origin: c.origin(), Reversed: f[fieldReversedReason],
			SupersededBy: strings.TrimPrefix(f[fieldSupersededBy], project.PrefixDecision),
		}
	case core.KindNote:
		note := project.AddNote{ID: c.id, Kind: "note", Subject: f[fieldAbout], Text: f[fieldText]}
		if !received {
			return &note
		}
		return &project.ReceiveNote{AddNote: note, Origin: c.origin()}
	case core.KindMemory, core.KindTask, core.KindProof, core.KindCondition, core.KindQuestion, core.KindRisk, core.KindBlocker,
		core.KindFeedback, core.KindConflict, core.KindRun, core.KindHandoff:
	}
	memory := project.AddMemory{
		ID: c.id, Kind: memoryKind(c), Scope: f[fieldScope], Title: f[fieldTitle], Content: orElse(f[fieldContent], f[fieldTitle]),
		Confidence: confidence(f), Tags: lines(f[fieldTags]), Links: lines(f[fieldLinks]),
	}
	if !received {
		return &memory
	}
	return &project.ReceiveMemory{AddMemory: memory, Origin: c.origin(), Retracted: f[fieldRetracted]}
}

func memoryKind(c *change) string {
	if kind := c.set[fieldKind]; kind != "" {
		return kind
	}
	if c.disk.Section == SectionOther {
		return ""
	}
	return c.disk.Section
}

func confidence(f map[string]string) float64 {
	v, err := strconv.ParseFloat(f[fieldConfidence], 64)
	if err != nil {
		return 0
	}
	return v
}

// editRecord changes what a record says.
func (a *taker) editRecord(ctx context.Context, c *change) error {
	text := func(field string) *string {
		if v, ok := c.set[field]; ok {
			return &v
		}
		return nil
	}
	switch c.kind {
	case core.KindDecision:
		return a.editDecision(ctx, c, text)
	case core.KindNote:
		return a.try(ctx, c, firstOf(c), &project.AmendNote{ID: c.id, Text: text(fieldText), Subject: text(fieldAbout)})
	case core.KindMemory:
		return a.editMemory(ctx, c, text)
	case core.KindTask, core.KindProof, core.KindCondition, core.KindQuestion, core.KindRisk, core.KindBlocker, core.KindFeedback,
		core.KindConflict, core.KindRun, core.KindHandoff:
	}
	return nil
}

func (a *taker) editDecision(ctx context.Context, c *change, text func(string) *string) error {
	cmd := &project.AmendDecision{
		ID: c.id, Title: text(fieldTitle), Context: text(fieldContext), Decision: text(fieldDecision), Rationale: text(fieldRationale),
		Consequences: text(fieldConsequences), Gate: text(fieldGate),
	}
	setList(c, fieldAlternatives, &cmd.Alternatives)
	reason, reversed := c.set[fieldReversedReason]
	status := project.DecisionStatus(c.set[fieldStatus])
	by := strings.TrimPrefix(c.disk.Fields[fieldSupersededBy], project.PrefixDecision)
	switch {
	case status == project.DecisionSuperseded && by != "":
		if err := a.try(ctx, c, fieldStatus, &project.ReceiveDecisionState{ID: c.id, SupersededBy: by}); err != nil {
			return err
		}
	case status == project.DecisionReversed || reversed && reason != "":
		reason = orElse(reason, orElse(c.disk.Fields[fieldReversedReason], "marked so in "+a.v.name))
		if err := a.try(ctx, c, fieldStatus, &project.ReverseDecision{ID: c.id, Reason: reason}); err != nil {
			return err
		}
	case status != "":
		cmd.Status = &status
	}
	return a.try(ctx, c, firstOf(c), cmd)
}

func (a *taker) editMemory(ctx context.Context, c *change, text func(string) *string) error {
	if c.made && a.known(c) {
		c.refused = true // a memory that was retracted is added anew, as another one
		return nil
	}
	if reason := c.set[fieldRetracted]; reason != "" {
		return a.try(ctx, c, fieldRetracted, &project.RetractMemory{ID: c.id, Reason: reason})
	}
	cmd := &project.AmendMemory{ID: c.id, Title: text(fieldTitle), Content: text(fieldContent)}
	setName(c, fieldKind, &cmd.Kind)
	setName(c, fieldScope, &cmd.Scope)
	if _, ok := c.set[fieldSection]; ok && cmd.Kind == nil && c.disk.Section != "" && c.disk.Section != SectionOther {
		kind := c.disk.Section
		cmd.Kind = &kind
	}
	if v := confidence(c.set); v != 0 {
		cmd.Confidence = &v
	}
	setList(c, fieldTags, &cmd.Tags)
	setList(c, fieldLinks, &cmd.Links)
	return a.try(ctx, c, firstOf(c), cmd)
}

// removeRecord takes a memory back whose line is gone. Decisions and notes are
// what happened: their lines come back.
func (a *taker) removeRecord(ctx context.Context, c *change) error {
	if c.kind != core.KindMemory {
		c.refused = true
		a.took(Taken{What: takenRestored, Record: c.key(), Title: summary(c.base)})
		return nil
	}
	if c.cur != nil && c.cur.Fields[fieldRetracted] != "" {
		c.refused = true
		a.took(Taken{What: takenRestored, Record: c.key(), Title: summary(c.base)})
		return nil
	}
	return a.try(ctx, c, fieldLine, &project.RetractMemory{ID: c.id, Reason: "its line was taken out of " + a.v.name, Unlisted: true})
}
