-- name: ListDecisions :many
SELECT * FROM decisions WHERE project_id = $1
ORDER BY version;

-- name: ListMemories :many
SELECT * FROM memories WHERE project_id = $1
ORDER BY version;

-- name: ListDocuments :many
SELECT * FROM documents WHERE project_id = $1
ORDER BY document_id;

-- name: ListQuestions :many
SELECT * FROM questions WHERE project_id = $1
ORDER BY created_at, question_id;

-- name: ListRisks :many
SELECT * FROM risks WHERE project_id = $1
ORDER BY created_at, risk_id;

-- name: ListBlockers :many
SELECT * FROM blockers WHERE project_id = $1
ORDER BY created_at, blocker_id;

-- name: ListFeedback :many
SELECT * FROM feedback WHERE project_id = $1
ORDER BY created_at, feedback_id;

-- name: ListNotes :many
SELECT * FROM notes WHERE project_id = $1
  AND (sqlc.narg('kind')::text IS NULL OR kind = sqlc.narg('kind')::text)
  AND (sqlc.narg('subject')::text IS NULL OR subject = sqlc.narg('subject')::text)
ORDER BY version DESC LIMIT @most;

-- name: DecisionsByPrefix :many
SELECT decision_id FROM decisions WHERE project_id = $1 AND decision_id >= @prefix::text AND decision_id < @prefix::text || '~' ORDER BY decision_id LIMIT @most;

-- name: MemoriesByPrefix :many
SELECT memory_id FROM memories WHERE project_id = $1 AND memory_id >= @prefix::text AND memory_id < @prefix::text || '~' ORDER BY memory_id LIMIT @most;

-- name: QuestionsByPrefix :many
SELECT question_id FROM questions WHERE project_id = $1 AND question_id >= @prefix::text AND question_id < @prefix::text || '~' ORDER BY question_id LIMIT @most;

-- name: RisksByPrefix :many
SELECT risk_id FROM risks WHERE project_id = $1 AND risk_id >= @prefix::text AND risk_id < @prefix::text || '~' ORDER BY risk_id LIMIT @most;

-- name: BlockersByPrefix :many
SELECT blocker_id FROM blockers WHERE project_id = $1 AND blocker_id >= @prefix::text AND blocker_id < @prefix::text || '~' ORDER BY blocker_id LIMIT @most;

-- name: FeedbackByPrefix :many
SELECT feedback_id FROM feedback WHERE project_id = $1 AND feedback_id >= @prefix::text AND feedback_id < @prefix::text || '~' ORDER BY feedback_id LIMIT @most;

-- name: ProofsByPrefix :many
SELECT proof_id FROM proofs WHERE project_id = $1 AND proof_id >= @prefix::text AND proof_id < @prefix::text || '~' ORDER BY proof_id LIMIT @most;

-- name: ConditionsByPrefix :many
SELECT condition_id FROM gate_conditions WHERE project_id = $1 AND condition_id >= @prefix::text AND condition_id < @prefix::text || '~' ORDER BY condition_id LIMIT @most;

-- name: NotesByPrefix :many
SELECT note_id FROM notes WHERE project_id = $1 AND note_id >= @prefix::text AND note_id < @prefix::text || '~' ORDER BY note_id LIMIT @most;

-- name: PutRendering :exec
INSERT INTO renderings (project_id, file, body_sha256, version, content) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (project_id, file, body_sha256) DO NOTHING;

-- Those beyond the latest ones.
-- name: PruneRenderings :exec
DELETE FROM renderings r WHERE r.project_id = $1 AND r.file = $2
  AND r.id <= (SELECT o.id FROM renderings o WHERE o.project_id = $1 AND o.file = $2 ORDER BY o.id DESC OFFSET @kept LIMIT 1);

-- name: GetRendering :one
SELECT content FROM renderings WHERE project_id = $1 AND file = $2 AND body_sha256 = $3;

-- name: ListSyncedFiles :many
SELECT * FROM synced_files WHERE project_id = $1 ORDER BY file, source;

-- name: PutSyncedFile :exec
INSERT INTO synced_files (project_id, file, source, version, body_sha256) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (project_id, file, source) DO UPDATE SET version = excluded.version, body_sha256 = excluded.body_sha256;

-- name: ListFileTexts :many
SELECT * FROM file_texts WHERE project_id = $1 ORDER BY file, anchor;

-- name: ListSyncConflicts :many
SELECT * FROM sync_conflicts WHERE project_id = $1 AND (@all_of_them::boolean OR status = 'open') ORDER BY found_at, conflict_id;

-- name: SyncConflictsByID :many
SELECT * FROM sync_conflicts WHERE project_id = $1 AND conflict_id = ANY(@ids::text[]) ORDER BY conflict_id;

-- name: SyncConflictsByPrefix :many
SELECT conflict_id FROM sync_conflicts WHERE project_id = $1 AND conflict_id >= @prefix::text AND conflict_id < @prefix::text || '~' ORDER BY conflict_id LIMIT @most;

-- name: NotesByID :many
SELECT * FROM notes WHERE project_id = $1 AND note_id = ANY(@ids::text[]) ORDER BY note_id;

-- name: GetNote :one
SELECT * FROM notes WHERE project_id = $1 AND note_id = $2;

-- name: GetProof :one
SELECT * FROM proofs WHERE project_id = $1 AND proof_id = $2;

-- name: DecisionsByID :many
SELECT * FROM decisions WHERE project_id = $1 AND decision_id = ANY(@ids::text[]) ORDER BY decision_id;

-- name: MemoriesByID :many
SELECT * FROM memories WHERE project_id = $1 AND memory_id = ANY(@ids::text[]) ORDER BY memory_id;

-- name: DocumentsByID :many
SELECT * FROM documents WHERE project_id = $1 AND document_id = ANY(@ids::text[]) ORDER BY document_id;

-- name: QuestionsByID :many
SELECT * FROM questions WHERE project_id = $1 AND question_id = ANY(@ids::text[]) ORDER BY question_id;

-- name: RisksByID :many
SELECT * FROM risks WHERE project_id = $1 AND risk_id = ANY(@ids::text[]) ORDER BY risk_id;

-- name: BlockersByID :many
SELECT * FROM blockers WHERE project_id = $1 AND blocker_id = ANY(@ids::text[]) ORDER BY blocker_id;

-- name: FeedbackByID :many
SELECT * FROM feedback WHERE project_id = $1 AND feedback_id = ANY(@ids::text[]) ORDER BY feedback_id;
