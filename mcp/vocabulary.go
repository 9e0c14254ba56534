package mcp

import (
	"fmt"

	"github.com/layercake-dev/layercake/core"
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/search"
	"github.com/layercake-dev/layercake/core/workflow"
)

// vocabulary returns the words that a field may hold. They come from the rules
// themselves, so that a schema cannot promise what is refused later.
func vocabulary(name string) ([]string, error) {
	switch name {
	case "task_status":
		return words(project.TaskStatuses()), nil
	case "task_type":
		return words(project.TaskTypes()), nil
	case "priority":
		return words(project.Priorities()), nil
	case "phase":
		return words(workflow.Phases()), nil
	case "proof_type":
		types := workflow.ProofTypes()
		return rows(types, func(t *workflow.ProofType) string { return t.Name }), nil
	case "memory_kind":
		return project.MemoryKinds(), nil
	case "memory_scope":
		return project.MemoryScopes(), nil
	case "question_kind":
		return project.QuestionKinds(), nil
	case "severity":
		return project.Severities(), nil
	case "risk_level":
		return project.RiskLevels(), nil
	case "risk_status":
		return project.RiskStatuses(), nil
	case "new_decision_status":
		return words([]project.DecisionStatus{project.DecisionProposed, project.DecisionAccepted}), nil
	case "decision_status":
		return words([]project.DecisionStatus{
			project.DecisionProposed, project.DecisionAccepted, project.DecisionSuperseded, project.DecisionReversed,
		}), nil
	case "task_step":
		return words([]project.TaskStep{project.StepStart, project.StepBlock, project.StepUnblock, project.StepFail, project.StepReopen}), nil
	case "sync_choice":
		return []string{project.ChoiceOurs, project.ChoiceTheirs, project.ChoiceEdit}, nil
	case "search_mode":
		return []string{modeMeaning, modeExact, modeRegex}, nil
	case "symbol_kind":
		return search.Kinds(), nil
	case "toolset":
		return toolsetNames(), nil
	}
	return agentVocabulary(name)
}

// agentVocabulary returns the words about the work of agents.
func agentVocabulary(name string) ([]string, error) {
	switch name {
	case "run_status":
		return words(project.RunStatuses()), nil
	case "queue":
		return words(project.Queues()), nil
	case "handoff_status":
		return project.HandoffStatuses(), nil
	case "budget_scope":
		return project.BudgetScopes(), nil
	case "spending_by":
		return core.SpendingBy(), nil
	}
	return nil, fmt.Errorf("there is no vocabulary %q", name)
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
