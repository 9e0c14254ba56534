package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdDecisionEdit(f *Factory) *cobra.Command {
	var in project.MakeDecision
	cmd := &cobra.Command{
		Use:   "edit DECISION",
		Short: "Change what a decision says",
		Long: `Change what a decision says, or accept a proposed one. Only what is named changes;
--gate "" removes that. To take a decision back, reverse it or replace it.`,
		Example:           "  layercake decision edit d-7k3f --rationale \"one database for everything\"\n  layercake decision edit d-7k3f --status accepted",
		Args:              exactly("DECISION"),
		ValidArgsFunction: f.completed(completeDecisions),
	}
	out := addOutput(cmd, f, project.Decision{})
	flags := cmd.Flags()
	flags.StringVar(&in.Title, "title", "", "the new title")
	flags.StringVar(&in.Context, "context", "", "what led to it")
	flags.StringVar(&in.Decision, "decision", "", "what was decided")
	flags.StringVar(&in.Rationale, "rationale", "", "why")
	flags.StringVar(&in.Consequences, "consequences", "", "what follows from it")
	flags.StringArrayVar(&in.Alternatives, "alternative", nil, "what else was looked at; can be repeated")
	flags.StringVar(&in.Gate, "gate", "", "the `GATE` that it belongs to")
	addChoice(cmd, &in.Status, "status", "where it stands", []project.DecisionStatus{project.DecisionProposed, project.DecisionAccepted})
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		d, err := s.Records.AmendDecision(ctx, s.by(ctx), s.at.Project, project.AmendDecision{
			ID: args[0], Title: changed(cmd, "title", in.Title), Context: changed(cmd, "context", in.Context),
			Decision: changed(cmd, "decision", in.Decision), Rationale: changed(cmd, "rationale", in.Rationale),
			Consequences: changed(cmd, "consequences", in.Consequences), Alternatives: changed(cmd, "alternative", in.Alternatives),
			Status: changed(cmd, "status", in.Status), Gate: changed(cmd, "gate", in.Gate),
		})
		if err != nil {
			return err
		}
		return out.written(d.ShortID, d, func(p *printer) { p.line("%s changed: %s", bold.of(d.ShortID), d.Title) })
	})
	return cmd
}

func newCmdMemoryEdit(f *Factory) *cobra.Command {
	var in project.AddMemory
	cmd := &cobra.Command{
		Use:               "edit MEMORY",
		Short:             "Change what a memory says",
		Long:              "Change what a memory says. Only what is named changes. If it was wrong, retract it.",
		Example:           "  layercake memory edit m-7k3f --kind gotcha --confidence 0.8",
		Args:              exactly("MEMORY"),
		ValidArgsFunction: f.completed(completeMemories),
	}
	out := addOutput(cmd, f, project.Memory{})
	flags := cmd.Flags()
	flags.StringVar(&in.Title, "title", "", "the new title")
	flags.StringVar(&in.Content, "content", "", "the whole of it")
	addChoice(cmd, &in.Kind, "kind", "what it is", project.MemoryKinds())
	addChoice(cmd, &in.Scope, "scope", "how far it holds", project.MemoryScopes())
	flags.Float64Var(&in.Confidence, "confidence", 0, "how sure it is, from 0 to 1")
	flags.StringSliceVar(&in.Tags, "tag", nil, "a word to find it by; can be repeated")
	flags.StringSliceVar(&in.Links, "link", nil, "what it belongs to; can be repeated")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		m, err := s.Records.AmendMemory(ctx, s.by(ctx), s.at.Project, project.AmendMemory{
			ID: args[0], Title: changed(cmd, "title", in.Title), Content: changed(cmd, "content", in.Content), Kind: changed(cmd, "kind", in.Kind),
			Scope: changed(cmd, "scope", in.Scope), Confidence: changed(cmd, "confidence", in.Confidence),
			Tags: changed(cmd, "tag", in.Tags), Links: changed(cmd, "link", in.Links),
		})
		if err != nil {
			return err
		}
		return out.written(m.ShortID, m, func(p *printer) { p.line("%s changed: %s", bold.of(m.ShortID), m.Title) })
	})
	return cmd
}

func newCmdNoteEdit(f *Factory) *cobra.Command {
	var text, subject string
	cmd := &cobra.Command{
		Use:               "edit NOTE",
		Short:             "Change what a note says",
		Long:              "Change what a note says. Only what is named changes. The progress log is not rewritten.",
		Example:           "  layercake note edit n-7k3f --text \"the importer works\"",
		Args:              exactly("NOTE"),
		ValidArgsFunction: f.completed(completeNotes),
	}
	out := addOutput(cmd, f, project.Note{})
	cmd.Flags().StringVar(&text, "text", "", "the new text")
	cmd.Flags().StringVar(&subject, "subject", "", "what it is about")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		n, err := s.Records.AmendNote(ctx, s.by(ctx), s.at.Project, project.AmendNote{
			ID: args[0], Text: changed(cmd, "text", text), Subject: changed(cmd, "subject", subject),
		})
		if err != nil {
			return err
		}
		return out.written(noteID(n.ID), n, func(p *printer) { p.line("%s changed", bold.of(noteID(n.ID))) })
	})
	return cmd
}

func completeNotes(ctx context.Context, s *session) ([]string, error) {
	const most = 100
	notes, err := s.Records.Notes(ctx, s.view(), "note", "", most)
	var list []string
	for i := range notes {
		list = append(list, cobra.CompletionWithDesc(core.KindNote.Prefix()+notes[i].ID, inert(notes[i].Text)))
	}
	return list, err
}
