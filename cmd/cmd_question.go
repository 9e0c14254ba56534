package cmd

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
)

func newCmdQuestion(f *Factory) *cobra.Command {
	return group(&cobra.Command{
		Use:     "question",
		Aliases: []string{"questions"},
		Short:   "Ask and answer questions",
		Long:    "Ask a person or a role, and answer. A blocking question to a person comes first in `layercake next`.",
		Example: "  layercake question ask \"Which regions do we serve?\" --blocking",
	}, newCmdQuestionAsk(f), newCmdQuestionList(f), newCmdQuestionAnswer(f))
}

func newCmdQuestionAsk(f *Factory) *cobra.Command {
	var in project.AskQuestion
	cmd := &cobra.Command{
		Use:     "ask QUESTION",
		Short:   "Ask a person or a role",
		Long:    "Ask a person or a role. With --option there are answers to choose from.",
		Example: "  layercake question ask \"Which database?\" --option Postgres --option SQLite --to architect",
		Args:    exactly("QUESTION"),
	}
	out := addOutput(cmd, f, project.Question{})
	addChoice(cmd, &in.Kind, "kind", "what is asked for", project.QuestionKinds())
	cmd.Flags().StringVar(&in.To, "to", "", "who is asked: person, or a role; by default person")
	cmd.Flags().StringArrayVar(&in.Options, "option", nil, "an answer to choose from; can be repeated")
	cmd.Flags().BoolVar(&in.Blocking, "blocking", false, "work waits for the answer")
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		in.Question = args[0]
		q, err := s.Records.Ask(ctx, s.by(ctx), s.at.Project, in)
		if err != nil {
			return err
		}
		return out.written(questionID(q.ID), q, func(p *printer) { p.line("%s asked of %s: %s", bold.of(questionID(q.ID)), q.To, q.Question) })
	})
	return cmd
}

func newCmdQuestionList(f *Factory) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the open questions",
		Long:    "List the open questions, or all.",
		Example: "  layercake question list --all",
		Args:    exactly(),
	}
	out := addOutput(cmd, f, project.Question{})
	when := addMoment(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "also those that are answered")
	cmd.RunE = f.reading(func(ctx context.Context, s *session, _ []string) error {
		at, err := when.resolve(f.process.Now())
		if err != nil {
			return err
		}
		list, err := s.Records.Questions(ctx, core.View{Project: s.at.Project, At: at}, all)
		if err != nil {
			return err
		}
		return out.show(list, func(p *printer) {
			t := newTable(col("ID"), col("TO"), col("STATUS"), col("QUESTION").flex(), col("ANSWER").flex().ifRoom())
			for i := range list {
				q := &list[i]
				t.add(bold.of(questionID(q.ID)), q.To, q.Status, q.Question, q.Answer)
			}
			p.table(t)
		})
	})
	return cmd
}

func newCmdQuestionAnswer(f *Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:               "answer QUESTION ANSWER",
		Short:             "Answer a question",
		Long:              "Answer a question.",
		Example:           "  layercake question answer q-7k3f \"Europe only\"",
		Args:              exactly("QUESTION", "ANSWER"),
		ValidArgsFunction: f.completed(completeQuestions),
	}
	out := addOutput(cmd, f, project.Question{})
	cmd.RunE = f.changing(func(ctx context.Context, s *session, args []string) error {
		q, err := s.Records.Answer(ctx, s.by(ctx), s.at.Project, args[0], args[1])
		if err != nil {
			return err
		}
		return out.written(questionID(q.ID), q, func(p *printer) { p.line("%s answered: %s", bold.of(questionID(q.ID)), q.Answer) })
	})
	return cmd
}
