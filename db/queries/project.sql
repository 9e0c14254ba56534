-- name: GetProject :one
SELECT * FROM projects WHERE project_id = $1;

-- name: GetProjectBySlug :one
SELECT * FROM projects WHERE slug = $1;

-- name: ListProjects :many
SELECT * FROM projects WHERE NOT archived OR @archived::boolean ORDER BY slug;

-- name: GetWorkflow :one
SELECT * FROM workflows WHERE project_id = $1;

-- name: ListGates :many
SELECT * FROM gates WHERE project_id = $1 ORDER BY position, gate_id;

-- name: ListConditions :many
SELECT * FROM gate_conditions WHERE project_id = $1 ORDER BY created_at, condition_id;

-- name: ListProofs :many
SELECT * FROM proofs WHERE project_id = $1
  AND (sqlc.narg('gate')::text IS NULL OR gate_id = sqlc.narg('gate')::text)
  AND (sqlc.narg('type')::text IS NULL OR type = sqlc.narg('type')::text)
ORDER BY version;

-- name: ListDeliverables :many
SELECT * FROM deliverables WHERE project_id = $1 ORDER BY gate_id, deliverable_id;

-- name: ListConstraints :many
SELECT * FROM constraints WHERE project_id = $1 ORDER BY constraint_key;

-- name: ListTrust :many
SELECT * FROM trust WHERE project_id = $1 ORDER BY subject;

-- name: ListSigners :many
SELECT * FROM signers WHERE project_id = $1 ORDER BY added_at, fingerprint;
