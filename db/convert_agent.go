package db

import (
	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

func toRun(r *dbsqlc.AgentRun) project.Run {
	return project.Run{
		ID:               r.RunID,
		Role:             r.Role,
		Task:             r.TaskID,
		Gate:             r.GateID,
		Prompt:           r.Prompt,
		Queue:            project.Queue(r.Queue),
		Priority:         int(r.Priority),
		Reasons:          r.Reasons,
		Chosen:           r.Chosen,
		AskedProvider:    r.AskedProvider,
		AskedModel:       r.AskedModel,
		MaxCostMicros:    r.MaxCostMicros,
		RetryOf:          r.RetryOf,
		Status:           project.RunStatus(r.Status),
		Attempt:          int(r.Attempt),
		Worker:           r.Worker,
		Provider:         r.Provider,
		Model:            r.Model,
		RoleDigest:       r.RoleDigest,
		ContextDigest:    r.ContextDigest,
		Summary:          r.Summary,
		Files:            r.Files,
		ToolCalls:        int(r.ToolCalls),
		Branch:           r.Branch,
		Commit:           r.CommitID,
		Output:           r.Output,
		Code:             r.Code,
		Reason:           r.Reason,
		InputTokens:      r.InputTokens,
		OutputTokens:     r.OutputTokens,
		CachedTokens:     r.CachedTokens,
		CacheWriteTokens: r.CacheWriteTokens,
		CostMicros:       r.CostMicros,
		CostUnknown:      r.CostUnknown,
		DurationMS:       r.DurationMs,
		CreatedBy:        r.CreatedBy,
		CreatedAt:        r.CreatedAt.UTC(),
		StartedAt:        utc(r.StartedAt),
		FinishedAt:       utc(r.FinishedAt),
		Version:          r.Version,
	}
}

func toHandoff(r *dbsqlc.Handoff) project.Handoff {
	return project.Handoff{
		ID:           r.HandoffID,
		From:         r.FromRole,
		To:           r.ToRole,
		Phase:        r.Phase,
		Task:         r.TaskID,
		Run:          r.RunID,
		Deliverables: r.Deliverables,
		Status:       r.Status,
		Notes:        r.Notes,
		CreatedBy:    r.CreatedBy,
		CreatedAt:    r.CreatedAt.UTC(),
		Version:      r.Version,
	}
}

func toBudget(r *dbsqlc.Budget) project.Budget {
	return project.Budget{
		Scope:          r.Scope,
		Subject:        r.Subject,
		LimitMicros:    r.LimitMicros,
		Action:         r.Action,
		Reason:         r.Reason,
		SetBy:          r.SetBy,
		SetAt:          r.SetAt.UTC(),
		ExceededAt:     utc(r.ExceededAt),
		ExceededMicros: r.ExceededMicros,
	}
}
