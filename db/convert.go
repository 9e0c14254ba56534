package db

import (
	"time"

	"github.com/layercake-dev/layercake/core/project"
	"github.com/layercake-dev/layercake/core/workflow"
	"github.com/layercake-dev/layercake/db/dbsqlc"
)

// Rows of the database become records of the domain. The two differ because the
// domain has types for its vocabularies and the database has text.

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func toProject(r *dbsqlc.Project) project.Project {
	return project.Project{
		ID:             r.ProjectID,
		Slug:           r.Slug,
		Name:           r.Name,
		Description:    r.Description,
		Type:           workflow.ProjectType(r.Type),
		Preset:         workflow.Preset(r.Preset),
		Tier:           workflow.Tier(r.Tier),
		DeploymentMode: workflow.DeploymentMode(r.DeploymentMode),
		HasUI:          r.HasUi,
		Level:          project.Level(r.Level),
		TeachingLevel:  r.TeachingLevel,
		DocsDir:        r.DocsDir,
		Phase:          workflow.Phase(r.Phase),
		BlockedFrom:    workflow.Phase(r.BlockedFrom),
		Archived:       r.Archived,
		Intake:         r.Intake,
		WorkflowDigest: r.WorkflowDigest,
		WorkflowSource: r.WorkflowSource,
		CreatedBy:      r.CreatedBy,
		CreatedAt:      r.CreatedAt.UTC(),
		UpdatedAt:      r.UpdatedAt.UTC(),
	}
}

func toGate(r *dbsqlc.Gate) project.Gate {
	return project.Gate{
		ID:           r.GateID,
		Position:     int(r.Position),
		Phase:        workflow.Phase(r.Phase),
		Title:        r.Title,
		Applies:      r.Applies,
		Status:       project.GateStatus(r.Status),
		SinceVersion: r.SinceVersion,
		Commit:       r.CommitID,
		Tree:         r.Tree,
		Brief:        r.Brief,
		PresentedBy:  r.PresentedBy,
		PresentedAt:  utc(r.PresentedAt),
		DecidedBy:    r.DecidedBy,
		DecidedAt:    utc(r.DecidedAt),
		Level:        project.Level(r.Level),
		Note:         r.Note,
		Forced:       r.Forced,
		Conditional:  r.Conditional,
		Version:      r.Version,
		Signer:       r.Signer,

		RequestedThrough: r.RequestedThrough,
		RequestedAt:      utc(r.RequestedAt),
	}
}

func toCondition(r *dbsqlc.GateCondition) project.Condition {
	return project.Condition{
		ID:         r.ConditionID,
		Gate:       r.GateID,
		Text:       r.Body,
		Blocks:     r.Blocks,
		Status:     r.Status,
		Resolution: r.Resolution,
		CreatedAt:  r.CreatedAt.UTC(),
	}
}

func toProof(r *dbsqlc.Proof) project.Proof {
	return project.Proof{
		ID:             r.ProofID,
		Gate:           r.GateID,
		Type:           r.Type,
		Grade:          workflow.Grade(r.Grade),
		Result:         r.Result,
		Summary:        r.Summary,
		SHA256:         r.Sha256,
		Size:           r.Size,
		Command:        r.Command,
		ExitCode:       int(r.ExitCode),
		Parser:         r.Parser,
		TreeBefore:     r.TreeBefore,
		Tree:           r.TreeAfter,
		Paths:          r.Paths,
		Commit:         r.CommitID,
		EnvDigest:      r.EnvDigest,
		DurationMS:     r.DurationMs,
		Reasons:        r.Reasons,
		Report:         r.Report,
		WorkflowDigest: r.WorkflowDigest,
		Statement:      r.Statement,
		Level:          project.Level(r.Level),
		ObservedBy:     r.ObservedBy,
		Invalidated:    r.Invalidated,
		CreatedAt:      r.CreatedAt.UTC(),
		Version:        r.Version,
	}
}

func toDeliverable(r *dbsqlc.Deliverable) project.Deliverable {
	return project.Deliverable{
		ID:        r.DeliverableID,
		Gate:      r.GateID,
		Kind:      r.Kind,
		Title:     r.Title,
		Path:      r.Path,
		Role:      r.Role,
		Status:    project.DeliverableStatus(r.Status),
		SHA256:    r.Sha256,
		Note:      r.Note,
		DecidedBy: r.DecidedBy,
		UpdatedAt: r.UpdatedAt.UTC(),
	}
}

func toTask(r *dbsqlc.Task) project.Task {
	return project.Task{
		ID:            r.TaskID,
		Title:         r.Title,
		Description:   r.Description,
		Type:          project.TaskType(r.Type),
		Priority:      project.Priority(r.Priority),
		Status:        project.TaskStatus(r.Status),
		Owner:         r.Owner,
		Phase:         workflow.Phase(r.Phase),
		Gate:          r.GateID,
		Parent:        r.Parent,
		SpecRefs:      r.SpecRefs,
		StoryRefs:     r.StoryRefs,
		ClaimedBy:     r.ClaimedBy,
		LeaseUntil:    utc(r.LeaseUntil),
		BlockedReason: r.BlockedReason,
		BlockedBy:     r.BlockedBy,
		BlockedAt:     utc(r.BlockedAt),
		PromotedFrom:  project.Priority(r.PromotedFrom),
		DeferredGate:  r.DeferredGate,
		DeferReason:   r.DeferredReason,
		Result:        r.Result,
		CreatedAt:     r.CreatedAt.UTC(),
		UpdatedAt:     r.UpdatedAt.UTC(),
		FinishedAt:    utc(r.FinishedAt),
		Version:       r.Version,
		Rank:          r.Rank,
		Unlisted:      r.Unlisted,
	}
}

// toTaskLine converts what a line of a list shows.
func toTaskLine(r *dbsqlc.ListTaskLinesRow) project.Task {
	return project.Task{
		ID: r.TaskID, Title: r.Title, Priority: project.Priority(r.Priority), Status: project.TaskStatus(r.Status), Owner: r.Owner, Gate: r.GateID,
		UpdatedAt: r.UpdatedAt.UTC(),
	}
}

// toOpenTask converts what gates look at.
func toOpenTask(r *dbsqlc.OpenTasksRow) project.Task {
	return project.Task{
		ID: r.TaskID, Title: r.Title, Status: project.TaskStatus(r.Status), Phase: workflow.Phase(r.Phase), Gate: r.GateID, DeferredGate: r.DeferredGate,
	}
}

func toDecision(r *dbsqlc.Decision) project.Decision {
	return project.Decision{
		ID:             r.DecisionID,
		Title:          r.Title,
		Context:        r.Context,
		Decision:       r.Decision,
		Rationale:      r.Rationale,
		Alternatives:   r.Alternatives,
		Consequences:   r.Consequences,
		Status:         project.DecisionStatus(r.Status),
		Gate:           r.GateID,
		SupersededBy:   r.SupersededBy,
		ReversedReason: r.ReversedReason,
		CreatedBy:      r.CreatedBy,
		CreatedAt:      r.CreatedAt.UTC(),
		Version:        r.Version,
	}
}

func toMemory(r *dbsqlc.Memory) project.Memory {
	return project.Memory{
		ID:         r.MemoryID,
		Kind:       r.Kind,
		Scope:      r.Scope,
		Title:      r.Title,
		Content:    r.Content,
		Confidence: r.Confidence,
		Tags:       r.Tags,
		Links:      r.Links,
		Retracted:  r.Retracted,
		CreatedBy:  r.CreatedBy,
		CreatedAt:  r.CreatedAt.UTC(),
		Version:    r.Version,
		Unlisted:   r.Unlisted,
	}
}

func toNote(r *dbsqlc.Note) project.Note {
	return project.Note{
		ID:        r.NoteID,
		Kind:      r.Kind,
		Subject:   r.Subject,
		Text:      r.Body,
		CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt.UTC(),
		Version:   r.Version,
	}
}

func toDocument(r *dbsqlc.Document) project.Document {
	return project.Document{
		ID:        r.DocumentID,
		Title:     r.Title,
		Path:      r.Path,
		Kind:      r.Kind,
		SHA256:    r.Sha256,
		Size:      r.Size,
		Version:   int(r.ContentVersion),
		Locked:    r.Locked,
		CreatedBy: r.CreatedBy,
		CreatedAt: r.CreatedAt.UTC(),
		UpdatedAt: r.UpdatedAt.UTC(),
	}
}

func toQuestion(r *dbsqlc.Question) project.Question {
	return project.Question{
		ID:         r.QuestionID,
		Kind:       r.Kind,
		To:         r.AskedOf,
		Question:   r.Question,
		Options:    r.Options,
		Blocking:   r.Blocking,
		Status:     r.Status,
		Answer:     r.Answer,
		AnsweredBy: r.AnsweredBy,
		CreatedBy:  r.CreatedBy,
		CreatedAt:  r.CreatedAt.UTC(),
		AnsweredAt: utc(r.AnsweredAt),
	}
}

func toRisk(r *dbsqlc.Risk) project.Risk {
	return project.Risk{
		ID:          r.RiskID,
		Title:       r.Title,
		Description: r.Description,
		Probability: r.Probability,
		Impact:      r.Impact,
		Mitigation:  r.Mitigation,
		Status:      r.Status,
		Note:        r.Note,
		CreatedBy:   r.CreatedBy,
		CreatedAt:   r.CreatedAt.UTC(),
	}
}

func toBlocker(r *dbsqlc.Blocker) project.Blocker {
	return project.Blocker{
		ID:          r.BlockerID,
		Title:       r.Title,
		Description: r.Description,
		Severity:    r.Severity,
		Gate:        r.GateID,
		Level:       int(r.Level),
		Status:      r.Status,
		Resolution:  r.Resolution,
		CreatedBy:   r.CreatedBy,
		CreatedAt:   r.CreatedAt.UTC(),
		ResolvedAt:  utc(r.ResolvedAt),
	}
}

func toFeedback(r *dbsqlc.Feedback) project.Feedback {
	return project.Feedback{
		ID:         r.FeedbackID,
		Gate:       r.GateID,
		Role:       r.Role,
		Text:       r.Body,
		Status:     r.Status,
		Resolution: r.Resolution,
		CreatedBy:  r.CreatedBy,
		CreatedAt:  r.CreatedAt.UTC(),
	}
}

func toConstraint(r *dbsqlc.Constraint) project.Constraint {
	return project.Constraint{
		Key:    r.ConstraintKey,
		Value:  r.Value,
		Reason: r.Reason,
		SetBy:  r.SetBy,
		SetAt:  r.SetAt.UTC(),
	}
}

func toSigner(r *dbsqlc.Signer) project.Signer {
	return project.Signer{
		Fingerprint: r.Fingerprint,
		Name:        r.Name,
		Kind:        project.ActorKind(r.Kind),
		Key:         r.PublicKey,
		Presence:    r.Presence,
		Gates:       r.Gates,
		AddedBy:     r.AddedBy,
		AddedAt:     r.AddedAt.UTC(),
		RemovedAt:   utc(r.RemovedAt),
		Version:     r.Version,
	}
}

func toTrust(r *dbsqlc.Trust) project.Trust {
	return project.Trust{
		Subject:   r.Subject,
		Digest:    r.Digest,
		Level:     project.Level(r.Level),
		GrantedBy: r.GrantedBy,
		GrantedAt: r.GrantedAt.UTC(),
	}
}

func toTaskWithDeps(r *dbsqlc.TasksByIDRow) project.Task {
	t := toTask(&dbsqlc.Task{
		ProjectID:      r.ProjectID,
		TaskID:         r.TaskID,
		Title:          r.Title,
		Description:    r.Description,
		Type:           r.Type,
		Priority:       r.Priority,
		Status:         r.Status,
		Owner:          r.Owner,
		Phase:          r.Phase,
		GateID:         r.GateID,
		Parent:         r.Parent,
		SpecRefs:       r.SpecRefs,
		StoryRefs:      r.StoryRefs,
		ClaimedBy:      r.ClaimedBy,
		LeaseUntil:     r.LeaseUntil,
		BlockedReason:  r.BlockedReason,
		BlockedBy:      r.BlockedBy,
		BlockedAt:      r.BlockedAt,
		PromotedFrom:   r.PromotedFrom,
		DeferredGate:   r.DeferredGate,
		DeferredReason: r.DeferredReason,
		Result:         r.Result,
		CreatedAt:      r.CreatedAt,
		UpdatedAt:      r.UpdatedAt,
		FinishedAt:     r.FinishedAt,
		Version:        r.Version,
		CreatedVersion: r.CreatedVersion,
		Rank:           r.Rank,
		Unlisted:       r.Unlisted,
	})
	t.DependsOn = r.DependsOn
	return t
}

func toDependent(r *dbsqlc.DependentsOfRow) project.Task {
	return toTask(&dbsqlc.Task{
		ProjectID:      r.ProjectID,
		TaskID:         r.TaskID,
		Title:          r.Title,
		Description:    r.Description,
		Type:           r.Type,
		Priority:       r.Priority,
		Status:         r.Status,
		Owner:          r.Owner,
		Phase:          r.Phase,
		GateID:         r.GateID,
		Parent:         r.Parent,
		SpecRefs:       r.SpecRefs,
		StoryRefs:      r.StoryRefs,
		ClaimedBy:      r.ClaimedBy,
		LeaseUntil:     r.LeaseUntil,
		BlockedReason:  r.BlockedReason,
		BlockedBy:      r.BlockedBy,
		BlockedAt:      r.BlockedAt,
		PromotedFrom:   r.PromotedFrom,
		DeferredGate:   r.DeferredGate,
		DeferredReason: r.DeferredReason,
		Result:         r.Result,
		CreatedAt:      r.CreatedAt,
		UpdatedAt:      r.UpdatedAt,
		FinishedAt:     r.FinishedAt,
		Version:        r.Version,
		CreatedVersion: r.CreatedVersion,
		Rank:           r.Rank,
		Unlisted:       r.Unlisted,
	})
}
