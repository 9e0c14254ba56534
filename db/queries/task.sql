-- name: ListTasks :many
SELECT t.* FROM tasks t
WHERE t.project_id = $1
  AND (sqlc.narg('statuses')::text[] IS NULL OR t.status = ANY(sqlc.narg('statuses')::text[]))
  AND (sqlc.narg('phase')::text IS NULL OR t.phase = sqlc.narg('phase')::text)
  AND (sqlc.narg('priority')::text IS NULL OR t.priority = sqlc.narg('priority')::text)
  AND (sqlc.narg('owner')::text IS NULL OR t.owner = sqlc.narg('owner')::text)
  AND (sqlc.narg('gate')::text IS NULL OR t.gate_id = sqlc.narg('gate')::text)
  AND (sqlc.narg('parent')::text IS NULL OR t.parent = sqlc.narg('parent')::text)
  AND (sqlc.narg('text')::text IS NULL OR strpos(lower(t.title || ' ' || t.description), lower(sqlc.narg('text')::text)) > 0)
ORDER BY t.created_version LIMIT @most OFFSET @skip;

-- What a line of a list shows. As ListTasks otherwise.
-- name: ListTaskLines :many
SELECT t.task_id, t.title, t.priority, t.status, t.owner, t.gate_id, t.updated_at FROM tasks t
WHERE t.project_id = $1
  AND (sqlc.narg('statuses')::text[] IS NULL OR t.status = ANY(sqlc.narg('statuses')::text[]))
  AND (sqlc.narg('phase')::text IS NULL OR t.phase = sqlc.narg('phase')::text)
  AND (sqlc.narg('priority')::text IS NULL OR t.priority = sqlc.narg('priority')::text)
  AND (sqlc.narg('owner')::text IS NULL OR t.owner = sqlc.narg('owner')::text)
  AND (sqlc.narg('gate')::text IS NULL OR t.gate_id = sqlc.narg('gate')::text)
  AND (sqlc.narg('parent')::text IS NULL OR t.parent = sqlc.narg('parent')::text)
  AND (sqlc.narg('text')::text IS NULL OR strpos(lower(t.title || ' ' || t.description), lower(sqlc.narg('text')::text)) > 0)
ORDER BY t.created_version LIMIT @most OFFSET @skip;

-- name: TasksByID :many
SELECT t.*, d.depends_on::text[] AS depends_on, d.statuses::text[] AS dependency_statuses,
       coalesce((SELECT max(b.task_id) FROM tasks b WHERE b.project_id = $1 AND b.task_id < t.task_id), '')::text AS id_before,
       coalesce((SELECT min(a.task_id) FROM tasks a WHERE a.project_id = $1 AND a.task_id > t.task_id), '')::text AS id_after
FROM tasks t
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(x.depends_on ORDER BY x.depends_on), '{}') AS depends_on,
           coalesce(array_agg(coalesce(y.status, '') ORDER BY x.depends_on), '{}') AS statuses
    FROM task_dependencies x LEFT JOIN tasks y ON y.project_id = x.project_id AND y.task_id = x.depends_on
    WHERE x.project_id = t.project_id AND x.task_id = t.task_id
) d
WHERE t.project_id = $1 AND t.task_id = ANY(@ids::text[]);

-- What the tasks of a project wait for, and the states of that.
-- name: DependencyStates :many
SELECT x.task_id, x.depends_on, coalesce(y.status, '')::text AS status
FROM task_dependencies x LEFT JOIN tasks y ON y.project_id = x.project_id AND y.task_id = x.depends_on
WHERE x.project_id = $1 ORDER BY x.task_id, x.depends_on;

-- name: DependencyStatesOf :many
SELECT x.task_id, x.depends_on, coalesce(y.status, '')::text AS status
FROM task_dependencies x LEFT JOIN tasks y ON y.project_id = x.project_id AND y.task_id = x.depends_on
WHERE x.project_id = $1 AND x.task_id = ANY(@ids::text[]) ORDER BY x.task_id, x.depends_on;

-- What gates look at, and no more: there may be many.
-- name: OpenTasks :many
SELECT task_id, title, status, phase, gate_id, deferred_gate FROM tasks WHERE project_id = $1 AND status NOT IN ('complete', 'cancelled', 'skipped') ORDER BY created_version;

-- name: DependentsOf :many
SELECT d.depends_on AS waits_for, t.* FROM task_dependencies d
JOIN tasks t ON t.project_id = d.project_id AND t.task_id = d.task_id
WHERE d.project_id = $1 AND d.depends_on = ANY(@ids::text[]) ORDER BY t.created_version;

-- The failed tasks that these tasks, and those that wait for them, depend on.
-- name: FailedDependencies :many
SELECT d.task_id AS waits, t.task_id, t.title FROM task_dependencies d
JOIN tasks t ON t.project_id = d.project_id AND t.task_id = d.depends_on
WHERE d.project_id = $1 AND t.status = 'failed' AND (d.task_id = ANY(@ids::text[])
  OR d.task_id IN (SELECT w.task_id FROM task_dependencies w WHERE w.project_id = $1 AND w.depends_on = ANY(@ids::text[])))
ORDER BY d.task_id, t.task_id;

-- name: DependenciesReachedFrom :many
WITH RECURSIVE reached (task_id) AS (
    SELECT unnest(@ids::text[]) COLLATE "C"
    UNION
    SELECT d.depends_on FROM reached r JOIN task_dependencies d ON d.project_id = $1 AND d.task_id = r.task_id
)
SELECT d.task_id, d.depends_on FROM reached r
JOIN task_dependencies d ON d.project_id = $1 AND d.task_id = r.task_id;

-- name: ListDependencies :many
SELECT task_id, depends_on FROM task_dependencies WHERE project_id = $1 ORDER BY task_id, depends_on;

-- name: TaskNeighbours :many
SELECT w.id::text AS task_id,
       coalesce((SELECT max(b.task_id) FROM tasks b WHERE b.project_id = $1 AND b.task_id < w.id), '')::text AS before,
       coalesce((SELECT min(a.task_id) FROM tasks a WHERE a.project_id = $1 AND a.task_id > w.id), '')::text AS after
FROM unnest(@ids::text[]) AS w (id);

-- name: TaskIDsByPrefix :many
SELECT task_id FROM tasks WHERE project_id = $1 AND task_id >= @prefix::text AND task_id < @prefix::text || '~' ORDER BY task_id LIMIT @most;

-- name: CountTasks :many
SELECT status, count(*) AS tasks FROM tasks WHERE project_id = $1 GROUP BY status ORDER BY status;

-- name: ReadyTasks :many
SELECT t.*, coalesce(d.depends_on, '{}')::text[] AS depends_on, coalesce(d.statuses, '{}')::text[] AS dependency_statuses,
       coalesce((SELECT max(b.task_id) FROM tasks b WHERE b.project_id = $1 AND b.task_id < t.task_id), '')::text AS id_before,
       coalesce((SELECT min(a.task_id) FROM tasks a WHERE a.project_id = $1 AND a.task_id > t.task_id), '')::text AS id_after
FROM tasks t
LEFT JOIN LATERAL (
    SELECT array_agg(x.depends_on ORDER BY x.depends_on) AS depends_on,
           array_agg(coalesce(y.status, '') ORDER BY x.depends_on) AS statuses,
           bool_and(coalesce(y.status IN ('complete', 'cancelled', 'skipped'), false)) AS satisfied
    FROM task_dependencies x LEFT JOIN tasks y ON y.project_id = x.project_id AND y.task_id = x.depends_on
    WHERE x.project_id = t.project_id AND x.task_id = t.task_id
) d ON true
WHERE t.project_id = $1 AND t.status = 'not_started'
  AND (t.claimed_by = '' OR t.lease_until IS NULL OR t.lease_until <= @now)
  AND coalesce(d.satisfied, true)
  AND (t.gate_id = '' OR EXISTS (
      SELECT 1 FROM gates g WHERE g.project_id = t.project_id AND g.gate_id = t.gate_id
      AND g.status IN ('approved', 'skipped', 'not_applicable')))
ORDER BY CASE t.priority WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END, t.created_version
LIMIT @most;
