package event

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient makes the decoder, which is twice as fast as that of encoding/json,
// accept what that one accepts: what is in a log cannot be written better.
//
//nolint:gochecknoglobals // never written to
var lenient = jsonv2.JoinOptions(
	jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsonv2.MatchCaseInsensitiveNames(true),
)

// Spec describes one type of the catalogue.
type Spec struct {
	// Type is the event's name.
	Type Type
	// Version is the current version of its payload.
	Version int
	// New returns an empty payload.
	New func() Payload
	// Reserved says that nothing writes the type yet: its name and payload are
	// fixed, so that a later program's log can be read by this one, and it
	// changes no rows. A test holds this against what the commands decide.
	Reserved bool

	decode    func(json.RawMessage) (Payload, error)
	upcasters []func(json.RawMessage) (json.RawMessage, error)
}

// catalogue holds every type that may appear in a log.
//
//nolint:gochecknoglobals // a fixed table, never written to
var catalogue = index(
	spec[ProjectCreatedPayload](), spec[ProjectUpdatedPayload](), spec[ProjectArchivedPayload](),
	spec[ProjectDeletedPayload](), spec[PhaseChangedPayload](), spec[PhaseReopenedPayload](),
	spec[ConstraintSetPayload](), spec[TeachingLevelSetPayload](), spec[WorkflowChangedPayload](),
	spec[TrustGrantedPayload](), spec[PayloadRedactedPayload](), spec[AnchorRecordedPayload](),
	spec[SignerAddedPayload](), spec[SignerRemovedPayload](), spec[LevelChangedPayload](), spec[ApprovalRequestedPayload](),
	spec[GatePresentedPayload](), spec[GateApprovedPayload](), spec[GateApprovedWithConditionsPayload](),
	spec[GateRejectedPayload](), spec[GateForcedPayload](), spec[GateSkippedPayload](),
	spec[GateReopenedPayload](), spec[ConditionResolvedPayload](),
	spec[FeedbackGivenPayload](), spec[FeedbackResolvedPayload](),
	spec[ProofCapturedPayload](), spec[ProofAttestedPayload](), spec[ProofSubmittedPayload](),
	spec[ProofVerifiedPayload](), spec[ProofInvalidatedPayload](),
	spec[TaskCreatedPayload](), spec[TaskUpdatedPayload](), spec[TaskAssignedPayload](), spec[TaskClaimedPayload](),
	spec[TaskReleasedPayload](), spec[TaskStartedPayload](), spec[TaskBlockedPayload](), spec[TaskUnblockedPayload](),
	spec[TaskCompletedPayload](), spec[TaskFailedPayload](), spec[TaskCancelledPayload](), spec[TaskReopenedPayload](), spec[TaskPromotedPayload](),
	spec[TaskDeferredPayload](), spec[DependencyAddedPayload](), spec[DependencyRemovedPayload](),
	spec[DocumentCreatedPayload](), spec[DocumentUpdatedPayload](), spec[DocumentDeletedPayload](),
	spec[DeliverableUpdatedPayload](),
	spec[DecisionMadePayload](), spec[DecisionSupersededPayload](), spec[DecisionReversedPayload](),
	spec[MemoryAddedPayload](), spec[MemoryRetractedPayload](), spec[NoteAddedPayload](),
	spec[DecisionAmendedPayload](), spec[MemoryAmendedPayload](), spec[NoteAmendedPayload](),
	spec[FileSyncedPayload](), spec[SyncConflictDetectedPayload](), spec[SyncConflictResolvedPayload](),
	spec[RiskIdentifiedPayload](), spec[RiskUpdatedPayload](),
	spec[BlockerCreatedPayload](), spec[BlockerEscalatedPayload](), spec[BlockerResolvedPayload](),
	spec[QueryAskedPayload](), spec[QueryAnsweredPayload](),
	spec[ChangeUndonePayload](),
	spec[AgentQueuedPayload](), spec[AgentStartedPayload](), spec[AgentPrioritizedPayload](), spec[AgentCompletedPayload](),
	spec[AgentFailedPayload](), spec[AgentCancelledPayload](), spec[HandoffRecordedPayload](),
	spec[BudgetSetPayload](), spec[BudgetExceededPayload](),
	// Reserved until their rooms are built.
	reserved[GateBlockedPayload](),
	reserved[EpicCreatedPayload](), reserved[StoryCreatedPayload](), reserved[StoryUpdatedPayload](),
	reserved[LoopStartedPayload](), reserved[LoopAdvancedPayload](), reserved[LoopCompletedPayload](),
	reserved[WorkerRegisteredPayload](),
	reserved[SpecificationRegisteredPayload](), reserved[SpecificationValidatedPayload](),
	reserved[SpecificationLockedPayload](), reserved[SpecificationRejectedPayload](),
	reserved[EscalationRaisedPayload](), reserved[EscalationResolvedPayload](),
	reserved[AssessmentStartedPayload](), reserved[AssessmentSubmittedPayload](), reserved[AssessmentConcludedPayload](),
	reserved[TestScenarioPlannedPayload](), reserved[TestScenarioUpdatedPayload](), reserved[QualityMeasuredPayload](),
	reserved[BuildStartedPayload](), reserved[BuildSucceededPayload](), reserved[BuildFailedPayload](), reserved[CodeGeneratedPayload](),
	reserved[DeploymentStartedPayload](), reserved[DeploymentSucceededPayload](), reserved[DeploymentFailedPayload](),
	reserved[ErrorOccurredPayload](), reserved[ErrorResolvedPayload](), reserved[ArtifactStoredPayload](),
	reserved[UserAddedPayload](), reserved[RoleGrantedPayload](), reserved[RoleRevokedPayload](), reserved[SubscriptionChangedPayload](),
)

// Catalogue returns every known type, ordered by name.
func Catalogue() []Spec {
	all := make([]Spec, 0, len(catalogue))
	for _, s := range catalogue {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Spec) int { return bytes.Compare([]byte(a.Type), []byte(b.Type)) })
	return all
}

// Known reports whether t is in the catalogue.
func Known(t Type) bool { _, ok := catalogue[t]; return ok }

// CurrentVersion returns the version in which payloads of type t are written
// today, or 0 for an unknown type.
func CurrentVersion(t Type) int { return catalogue[t].Version }

// spec describes the type that travels as *P. Each upcaster lifts a payload by
// one version; their number decides the current version.
func spec[P any, PP interface {
	*P
	Payload
}](upcasters ...func(json.RawMessage) (json.RawMessage, error)) Spec {
	return Spec{
		Type:      PP(new(P)).EventType(),
		Version:   len(upcasters) + 1,
		New:       func() Payload { return PP(new(P)) },
		upcasters: upcasters,
		decode: func(raw json.RawMessage) (Payload, error) {
			p := PP(new(P))
			if err := jsonv2.Unmarshal(raw, p, lenient); err != nil {
				return nil, fmt.Errorf("decode %s: %w", p.EventType(), err)
			}
			return p, nil
		},
	}
}

// reserved is spec for a type that nothing writes yet.
func reserved[P any, PP interface {
	*P
	Payload
}]() Spec {
	s := spec[P, PP]()
	s.Reserved = true
	return s
}

// Reserved reports whether t is in the catalogue, and nothing writes it yet.
func Reserved(t Type) bool { return catalogue[t].Reserved }

// payload decodes a payload of one version; the upcasters lift it first.
func (s *Spec) payload(version int, raw json.RawMessage) (Payload, error) {
	if version < 1 || version > s.Version {
		return nil, fmt.Errorf("%s version %d is not known to this program (it knows 1 to %d)", s.Type, version, s.Version)
	}
	for v := version; v < s.Version; v++ {
		lifted, err := s.upcasters[v-1](raw)
		if err != nil {
			return nil, fmt.Errorf("lift %s from version %d: %w", s.Type, v, err)
		}
		raw = lifted
	}
	return s.decode(raw)
}

func index(specs ...Spec) map[Type]Spec {
	m := make(map[Type]Spec, len(specs))
	for _, s := range specs {
		m[s.Type] = s
	}
	return m
}
