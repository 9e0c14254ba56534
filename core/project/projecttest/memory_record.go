package projecttest

import (
	"github.com/layercake-dev/layercake/core/project"
)

// records adds what commands on records may look at.
func (m *Memory) records(s *project.State) {
	s.Decisions, s.Memories, s.Documents = map[string]*project.Decision{}, map[string]*project.Memory{}, map[string]*project.Document{}
	s.Questions, s.Risks, s.Feedback = map[string]*project.Question{}, map[string]*project.Risk{}, map[string]*project.Feedback{}
	s.Constraints = map[string]*project.Constraint{}
	for r := range m.rows(project.TableDecisions) {
		id := r.text("decision_id")
		s.Decisions[id] = &project.Decision{ID: id, Status: project.DecisionStatus(r.text("status"))}
	}
	for r := range m.rows(project.TableMemories) {
		id := r.text("memory_id")
		s.Memories[id] = &project.Memory{ID: id, Retracted: r.text("retracted")}
	}
	s.Notes = map[string]*project.Note{}
	for r := range m.rows(project.TableNotes) {
		id := r.text("note_id")
		s.Notes[id] = &project.Note{ID: id, Kind: r.text("kind"), Text: r.text("body"), Subject: r.text("subject")}
	}
	for r := range m.rows(project.TableDocuments) {
		id := r.text("document_id")
		s.Documents[id] = &project.Document{
			ID: id, Title: r.text("title"), Path: r.text("path"), SHA256: r.text("sha256"), Version: r.number("content_version"), Locked: r.get("locked").(bool),
		}
	}
	for r := range m.rows(project.TableQuestions) {
		id := r.text("question_id")
		s.Questions[id] = &project.Question{ID: id, To: r.text("asked_of"), Status: r.text("status"), Answer: r.text("answer")}
	}
	for r := range m.rows(project.TableRisks) {
		id := r.text("risk_id")
		s.Risks[id] = &project.Risk{
			ID: id, Status: r.text("status"), Probability: r.text("probability"), Impact: r.text("impact"), Mitigation: r.text("mitigation"), Note: r.text("note"),
		}
	}
	for r := range m.rows(project.TableBlockers) {
		s.Blockers = append(s.Blockers, project.Blocker{ID: r.text("blocker_id"), Level: r.number("level"), Status: r.text("status")})
	}
	for r := range m.rows(project.TableFeedback) {
		id := r.text("feedback_id")
		s.Feedback[id] = &project.Feedback{ID: id, Status: r.text("status")}
	}
	for r := range m.rows(project.TableConstraints) {
		key := r.text("constraint_key")
		s.Constraints[key] = &project.Constraint{Key: key, Value: r.text("value")}
	}
}
