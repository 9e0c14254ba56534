package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/db/cluster"
)

// completionTimeout bounds how long a shell waits for a completion. When it
// runs out there is just none.
const completionTimeout = 300 * time.Millisecond

// completer lists what an argument can be.
type completer func(ctx context.Context, s *session) ([]string, error)

// completed completes the arguments of a command one after the other; nil
// completes nothing. Errors are silent: a person is in the middle of a line.
func (f *Factory) completed(each ...completer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		const nothing = cobra.ShellCompDirectiveNoFileComp
		if len(args) >= len(each) || each[len(args)] == nil {
			return nil, nothing
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		s, err := f.completionSession(ctx)
		if err != nil {
			return nil, nothing
		}
		list, err := each[len(args)](ctx, s)
		if err != nil {
			return nil, nothing
		}
		return list, nothing
	}
}

// completionSession opens the project, unless that would start the database.
func (f *Factory) completionSession(ctx context.Context) (*session, error) {
	c, err := f.config()
	if err != nil {
		return nil, err
	}
	if c.DatabaseURL == "" {
		cfg, err := f.clusterConfig()
		if err != nil {
			return nil, err
		}
		status, err := cluster.GetStatus(ctx, cfg)
		if err != nil || status.State != cluster.StateRunning {
			return nil, context.Canceled
		}
	}
	return f.session(ctx)
}

func completeTasks(open bool) completer {
	return func(ctx context.Context, s *session) ([]string, error) {
		tasks, err := s.Tasks.List(ctx, s.view(), core.TaskQuery{})
		var list []string
		for i := range tasks {
			if t := &tasks[i]; !open || t.Status.Open() {
				list = append(list, cobra.CompletionWithDesc(t.ShortID, inert(t.Title)))
			}
		}
		return list, err
	}
}

func completeGates(ctx context.Context, s *session) ([]string, error) {
	gates, err := s.Gates.List(ctx, s.view())
	var list []string
	for i := range gates {
		list = append(list, cobra.CompletionWithDesc(gates[i].ID, string(gates[i].Status)+": "+inert(gates[i].Title)))
	}
	return list, err
}

func completeProofTypes(context.Context, *session) ([]string, error) {
	var list []string
	for _, t := range workflow.ProofTypes() {
		list = append(list, t.Name)
	}
	return list, nil
}

func completeProofs(ctx context.Context, s *session) ([]string, error) {
	proofs, err := s.Proofs.List(ctx, s.view(), "", "")
	var list []string
	for i := range proofs {
		list = append(list, cobra.CompletionWithDesc(proofID(proofs[i].ID), proofs[i].Gate+" "+proofs[i].Type+" "+proofs[i].Result))
	}
	return list, err
}

func completeDecisions(ctx context.Context, s *session) ([]string, error) {
	decisions, err := s.Records.Decisions(ctx, s.view())
	var list []string
	for i := range decisions {
		list = append(list, cobra.CompletionWithDesc(decisions[i].ShortID, inert(decisions[i].Title)))
	}
	return list, err
}

func completeMemories(ctx context.Context, s *session) ([]string, error) {
	memories, err := s.Records.Memories(ctx, s.view(), false)
	var list []string
	for i := range memories {
		list = append(list, cobra.CompletionWithDesc(memories[i].ShortID, inert(memories[i].Title)))
	}
	return list, err
}

func completeDeliverables(ctx context.Context, s *session) ([]string, error) {
	deliverables, err := s.Deliverables.List(ctx, s.view())
	var list []string
	for i := range deliverables {
		list = append(list, cobra.CompletionWithDesc(deliverables[i].ID, inert(deliverables[i].Title)))
	}
	return list, err
}

func completeDocuments(ctx context.Context, s *session) ([]string, error) {
	documents, err := s.Documents.List(ctx, s.view())
	var list []string
	for i := range documents {
		list = append(list, cobra.CompletionWithDesc(documents[i].ID, inert(documents[i].Title)))
	}
	return list, err
}

func completeQuestions(ctx context.Context, s *session) ([]string, error) {
	questions, err := s.Records.Questions(ctx, s.view(), false)
	var list []string
	for i := range questions {
		list = append(list, cobra.CompletionWithDesc(core.KindQuestion.Prefix()+questions[i].ID, inert(questions[i].Question)))
	}
	return list, err
}

func completeRisks(ctx context.Context, s *session) ([]string, error) {
	risks, err := s.Records.Risks(ctx, s.view(), false)
	var list []string
	for i := range risks {
		list = append(list, cobra.CompletionWithDesc(core.KindRisk.Prefix()+risks[i].ID, inert(risks[i].Title)))
	}
	return list, err
}

func completeBlockers(ctx context.Context, s *session) ([]string, error) {
	blockers, err := s.Records.Blockers(ctx, s.view(), false)
	var list []string
	for i := range blockers {
		list = append(list, cobra.CompletionWithDesc(core.KindBlocker.Prefix()+blockers[i].ID, inert(blockers[i].Title)))
	}
	return list, err
}

func completePhases(context.Context, *session) ([]string, error) {
	return words(workflow.Phases()), nil
}

// completeProjects completes the flag --project, and the argument of a command
// about one.
func (f *Factory) completeProjects(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 && cmd.Name() == "delete" {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
	defer cancel()
	var list []string
	if !f.running(ctx) {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if app, err := f.App(ctx); err == nil {
		projects, _ := app.Projects.List(ctx, false) // none is as good as an error here
		for i := range projects {
			list = append(list, cobra.CompletionWithDesc(projects[i].Slug, inert(projects[i].Name)))
		}
	}
	return list, cobra.ShellCompDirectiveNoFileComp
}
