package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/fault"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdMemory(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "memory",
		Aliases: []string{"memories"},
		Short:   "Keep what was learnt",
		Long:    "Keep what was learnt, so that the next one need not learn it again.",
		Example: "  layercake memory add \"The API caps pages at 100\" --kind gotcha",
	}, newCmdMemoryAdd(f), newCmdMemoryList(f), newCmdMemoryShow(f), newCmdMemoryRetract(f), newCmdMemoryEdit(f))
}

func newCmdMemoryAdd(f *Factory) *cobra.Command {
	var in project.AddMemory
	cmd := &cobra.Command{
		Use:     "add TITLE",
		Short:   "Keep something learnt",
		Long:    "Keep something learnt. The title says it in a sentence, --content in as many words as it takes.",
		Example: "  layercake memory add \"Tests need TZ=UTC\" --kind gotcha --scope project --tag tests",
		Args:    exactly("TITLE"),
	}
	out := addOutput(cmd, f, project.Memory{})
	flags := cmd.Flags()
	flags.StringVar(&in.Content, "content", "", "the whole of it; by default the title")
	addChoice(cmd, &in.Kind, "kind", "what it is", project.MemoryKinds())
	addChoice(cmd, &in.Scope, "scope", "how far it holds", project.MemoryScopes())
	flags.Float64Var(&in.Confidence, "confidence", 0, "how sure it is, from 0 to 1; by default 1")
	flags.StringSliceVar(&in.Tags, "tag", nil, "a word to find it by; can be repeated")
	flags.StringSliceVar(&in.Links, "link", nil, "what it belongs to; can be repeated")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		in.Title = args[0]
		if in.Content == "" {
			in.Content = in.Title
		}
		m, err := s.Records.Remember(ctx, s.by(ctx), s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(m.ShortID, m, func(p *printer) { p.line("%s kept: %s", bold.of(m.ShortID), m.Title) })
	})
	return cmd
}

func newCmdMemoryList(f *Factory) *cobra.Command {
	var retracted bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List what was learnt",
		Long:    "List what was learnt, oldest first, now or at an earlier moment.",
		Example: "  layercake memory list --retracted",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Memory{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&retracted, "retracted", false, "also what turned out to be wrong")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Records.Memories(ctx, core.View{Project: s.at.Project, At: at}, retracted)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("KIND"), col("SCOPE").ifRoom(), col("TITLE").flex(), col("TAGS").flex().ifRoom())
			for i := range list {
				m := &list[i]
				t.add(bold.of(m.ShortID), m.Kind, m.Scope, m.Title, m.Tags)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdMemoryShow(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "show MEMORY",
		Short:             "Show one memory",
		Long:              "Show one thing that was learnt, in full.",
		Example:           "  layercake memory show m-7k3f",
		Args:              exactly("MEMORY"),
		ValidArgsFunction: f.completed(completeMemories),
	}
	out := addOutput(cmd, f, project.Memory{})
	when := addMoment(cmd)
	cmd.RunE = f.reading(func(ctx context.Context, s *session, args []string) error {
		v, err := when.view(s)
		if err != nil {
			return err
		}
		m, err := s.Records.Memory(ctx, v, args[0])
		if err != nil {
			return err
		}
		return out.show(m, func(p *printer) {
			p.line("%s %s", bold.of(m.ShortID), m.Title)
			p.field("kind", m.Kind)
			p.field("scope", m.Scope)
			p.field("confidence", fmt.Sprintf("%.2g", m.Confidence))
			p.field("tags", m.Tags)
			p.field("links", m.Links)
			p.field("retracted", m.Retracted)
			p.field("kept by", m.CreatedBy)
			p.field("kept", m.CreatedAt)
			p.blank()
			p.text("  ", m.Content)
		})
	})
	return cmd
}

func newCmdMemoryRetract(f *Factory) *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:               "retract MEMORY",
		Short:             "Say that something learnt was wrong",
		Long:              "Say that something learnt was wrong, and why. It stays on record.",
		Example:           "  layercake memory retract m-7k3f --reason \"fixed in 2.1\"",
		Args:              exactly("MEMORY"),
		ValidArgsFunction: f.completed(completeMemories),
	}
	out := addOutput(cmd, f, project.Memory{})
	cmd.Flags().StringVar(&reason, "reason", "", "why (required)")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		if reason == "" {
			return fault.Usage("missing_flag", "%s needs --reason", cmd.CommandPath()).WithHint("%s", usageHint(cmd))
		}
		m, err := s.Records.Retract(ctx, s.by(ctx), s.at.Project, args[0], reason)
		if err != nil {
			return err
		}
		return out.written(m.ShortID, m, func(p *printer) { p.line("%s is retracted: %s", bold.of(m.ShortID), m.Title) })
	})
	return cmd
}
