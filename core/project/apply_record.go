package project

import "github.com/layercake-dev/layercake/core/event"

// document applies the events about documents and deliverables.
func (a applier) document(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.DocumentCreatedPayload:
		return []Change{insert(TableDocuments, Fields{
			{"document_id", p.ID}, {"title", p.Title}, {"path", p.Path}, {"kind", p.Kind}, {"sha256", p.SHA256},
			{"size", p.Size}, {"created_by", a.e.Actor}, {"created_at", a.at()}, {"updated_at", a.at()},
		})}, true
	case *event.DocumentUpdatedPayload:
		fields := Fields{
			{"content_version", int64(p.Version)}, {"sha256", p.SHA256}, {"size", p.Size}, {"updated_at", a.at()},
		}
		if p.Title != nil {
			fields = append(fields, Field{"title", *p.Title})
		}
		if p.Path != nil {
			fields = append(fields, Field{"path", *p.Path})
		}
		if p.Locked != nil {
			fields = append(fields, Field{"locked", *p.Locked})
		}
		return []Change{set(TableDocuments, []any{p.ID}, fields)}, true
	case *event.DocumentDeletedPayload:
		return []Change{remove(TableDocuments, p.ID)}, true
	case *event.DeliverableUpdatedPayload:
		fields := Fields{
			{"status", p.Status}, {"sha256", p.SHA256}, {"note", p.Note}, {"decided_by", a.e.Actor}, {"updated_at", a.at()},
		}
		if p.Path != nil {
			fields = append(fields, Field{"path", *p.Path})
		}
		return []Change{set(TableDeliverables, []any{p.ID}, fields)}, true
	}
	return nil, false
}

// record applies the events about what people and agents write down.
func (a applier) record(p event.Payload) ([]Change, bool) {
	switch p := p.(type) {
	case *event.DecisionMadePayload:
		return []Change{insert(TableDecisions, Fields{
			{"decision_id", p.ID}, {"title", p.Title}, {"context", p.Context}, {"decision", p.Decision},
			{"rationale", p.Rationale}, {"alternatives", list(p.Alternatives)}, {"consequences", p.Consequences},
			{"status", p.Status}, {"gate_id", p.Gate}, {"created_by", a.origin(p.Origin)}, {"created_at", a.since(p.Origin)}, {"version", a.e.Version},
		})}, true
	case *event.DecisionSupersededPayload:
		return []Change{set(TableDecisions, []any{p.ID}, Fields{
			{"status", string(DecisionSuperseded)}, {"superseded_by", p.By}, {"version", a.e.Version},
		})}, true
	case *event.DecisionReversedPayload:
		return []Change{set(TableDecisions, []any{p.ID}, Fields{
			{"status", string(DecisionReversed)}, {"reversed_reason", p.Reason}, {"version", a.e.Version},
		})}, true
	case *event.MemoryAddedPayload:
		return []Change{insert(TableMemories, Fields{
			{"memory_id", p.ID}, {"kind", p.Kind}, {"scope", p.Scope}, {"title", p.Title}, {"content", p.Content},
			{"confidence", p.Confidence}, {"tags", list(p.Tags)}, {"links", list(p.Links)}, {"created_by", a.origin(p.Origin)},
			{"created_at", a.since(p.Origin)}, {"version", a.e.Version},
		})}, true
	case *event.MemoryRetractedPayload:
		return []Change{set(TableMemories, []any{p.ID}, Fields{
			{"retracted", p.Reason}, {"unlisted", p.Unlisted}, {"version", a.e.Version},
		})}, true
	case *event.NoteAddedPayload:
		return []Change{insert(TableNotes, Fields{
			{"note_id", p.ID}, {"kind", p.Kind}, {"subject", p.Subject}, {"body", p.Text}, {"created_by", a.origin(p.Origin)},
			{"created_at", a.since(p.Origin)}, {"version", a.e.Version},
		})}, true
	case *event.RiskIdentifiedPayload:
		return []Change{insert(TableRisks, Fields{
			{"risk_id", p.ID}, {"title", p.Title}, {"description", p.Description}, {"probability", p.Probability},
			{"impact", p.Impact}, {"mitigation", p.Mitigation}, {"status", statusOpen}, {"created_by", a.e.Actor},
			{"created_at", a.at()},
		})}, true
	case *event.RiskUpdatedPayload:
		return a.riskUpdated(p), true
	case *event.BlockerCreatedPayload:
		return []Change{insert(TableBlockers, Fields{
			{"blocker_id", p.ID}, {"title", p.Title}, {"description", p.Description}, {"severity", p.Severity},
			{"gate_id", p.Gate}, {"level", int64(1)}, {"status", statusOpen}, {"created_by", a.e.Actor}, {"created_at", a.at()},
		})}, true
	case *event.BlockerEscalatedPayload:
		return []Change{set(TableBlockers, []any{p.ID}, Fields{{"level", int64(p.Level)}})}, true
	case *event.BlockerResolvedPayload:
		return []Change{set(TableBlockers, []any{p.ID}, Fields{
			{"status", statusResolved}, {"resolution", p.Resolution}, {"resolved_at", a.at()},
		})}, true
	case *event.QueryAskedPayload:
		return []Change{insert(TableQuestions, Fields{
			{"question_id", p.ID}, {"kind", p.Kind}, {"asked_of", p.To}, {"question", p.Question}, {"options", list(p.Options)},
			{"blocking", p.Blocking}, {"status", statusOpen}, {"created_by", a.e.Actor}, {"created_at", a.at()},
		})}, true
	case *event.QueryAnsweredPayload:
		return []Change{set(TableQuestions, []any{p.ID}, Fields{
			{"status", "answered"}, {"answer", p.Answer}, {"answered_by", a.e.Actor}, {"answered_at", a.at()},
		})}, true
	}
	return nil, false
}

func (applier) riskUpdated(p *event.RiskUpdatedPayload) []Change {
	var fields Fields
	for _, f := range []struct {
		column string
		value  *string
	}{
		{"status", p.Status}, {"probability", p.Probability}, {"impact", p.Impact}, {"mitigation", p.Mitigation},
	} {
		if f.value != nil {
			fields = append(fields, Field{f.column, *f.value})
		}
	}
	if p.Note != "" {
		fields = append(fields, Field{"note", p.Note})
	}
	return []Change{set(TableRisks, []any{p.ID}, fields)}
}
