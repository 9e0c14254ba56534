-- name: RunsByID :many
SELECT * FROM agent_runs WHERE project_id = $1 AND run_id = ANY(@ids::text[]) ORDER BY run_id;

-- The open runs that do the same as one that is asked for. The index agent_runs_open
-- answers it, whoever else waits.
-- name: TwinRuns :many
SELECT * FROM agent_runs
WHERE project_id = $1 AND task_id = @task AND role = @role
  AND md5(CASE WHEN task_id = '' THEN prompt ELSE '' END) = md5(CASE WHEN @task = '' THEN @prompt::text ELSE '' END)
  AND upper(gate_id) = upper(@gate) AND status IN ('pending', 'running')
ORDER BY created_at, run_id;

-- name: ListRuns :many
SELECT * FROM agent_runs
WHERE project_id = $1
  AND (sqlc.narg('statuses')::text[] IS NULL OR status = ANY(sqlc.narg('statuses')::text[]))
  AND (sqlc.narg('role')::text IS NULL OR role = sqlc.narg('role')::text)
  AND (sqlc.narg('task')::text IS NULL OR task_id = sqlc.narg('task')::text)
  AND (sqlc.narg('gate')::text IS NULL OR gate_id = sqlc.narg('gate')::text)
ORDER BY created_at DESC, run_id LIMIT @most OFFSET @skip;

-- name: RunsByPrefix :many
SELECT run_id FROM agent_runs WHERE project_id = $1 AND run_id >= @prefix::text AND run_id < @prefix::text || '~' ORDER BY run_id LIMIT @most;

-- name: CountRuns :many
SELECT status, count(*) AS runs FROM agent_runs WHERE project_id = $1 GROUP BY status ORDER BY status;

-- name: ListHandoffs :many
SELECT * FROM handoffs WHERE project_id = $1 ORDER BY version;

-- name: HandoffsByPrefix :many
SELECT handoff_id FROM handoffs WHERE project_id = $1 AND handoff_id >= @prefix::text AND handoff_id < @prefix::text || '~' ORDER BY handoff_id LIMIT @most;

-- name: ListBudgets :many
SELECT * FROM budgets WHERE project_id = $1 ORDER BY scope, subject;

-- name: AnyHeld :one
SELECT EXISTS (SELECT 1 FROM run_jobs WHERE project_id = $1 AND held);

-- name: PutRunJob :exec
INSERT INTO run_jobs (project_id, run_id, job_id, held) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, run_id) DO UPDATE SET job_id = excluded.job_id, held = excluded.held;

-- name: GetRunJob :one
SELECT job_id, held FROM run_jobs WHERE project_id = $1 AND run_id = $2;

-- name: HoldRun :exec
UPDATE run_jobs SET held = @held WHERE project_id = $1 AND run_id = $2;

-- The runs of these that could be worked on now: those without a task, and those
-- whose task waits for nothing.
-- name: RunnableRuns :many
SELECT r.run_id FROM agent_runs r
LEFT JOIN tasks t ON t.project_id = r.project_id AND t.task_id = r.task_id
WHERE r.project_id = $1 AND r.run_id = ANY(@ids::text[]) AND r.status IN ('pending', 'running')
  AND (r.task_id = '' OR (t.status IS NOT NULL AND t.status <> 'blocked'
       AND NOT EXISTS (
           SELECT 1 FROM task_dependencies x LEFT JOIN tasks y ON y.project_id = x.project_id AND y.task_id = x.depends_on
           WHERE x.project_id = r.project_id AND x.task_id = r.task_id AND coalesce(y.status, '') NOT IN ('complete', 'cancelled', 'skipped'))
       AND (t.gate_id = '' OR EXISTS (
           SELECT 1 FROM gates g WHERE g.project_id = r.project_id AND g.gate_id = t.gate_id
           AND g.status IN ('approved', 'skipped', 'not_applicable')))))
ORDER BY r.run_id;

-- The held runs of some tasks, of those that wait for them, and of those that wait
-- for some gates.
-- name: HeldRunsNear :many
WITH near AS (
    SELECT unnest(@tasks::text[]) AS task_id
    UNION SELECT d.task_id FROM task_dependencies d WHERE d.project_id = $1 AND d.depends_on = ANY(@tasks::text[])
    UNION SELECT t.task_id FROM tasks t WHERE t.project_id = $1 AND t.gate_id = ANY(@gates::text[])
)
SELECT r.run_id, j.job_id FROM near n
JOIN agent_runs r ON r.project_id = $1 AND r.task_id = n.task_id AND r.status IN ('pending', 'running')
JOIN run_jobs j ON j.project_id = r.project_id AND j.run_id = r.run_id AND j.held
ORDER BY r.run_id;

-- name: PutWorker :exec
INSERT INTO workers (worker_id, host, pid, program, queues) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (worker_id) DO UPDATE SET seen_at = now(), queues = excluded.queues;

-- Whoever was taken for dead meanwhile is not there any more.
-- name: SeeWorker :execrows
UPDATE workers SET seen_at = now(), draining = @draining WHERE worker_id = $1;

-- name: ForgetWorker :exec
DELETE FROM workers WHERE worker_id = $1;

-- name: ListWorkers :many
SELECT *, (seen_at >= now() - make_interval(secs => @seconds::float8))::boolean AS alive FROM workers ORDER BY started_at, worker_id;

-- name: PutTurn :exec
INSERT INTO run_turns (project_id, run_id, turn, attempt, content) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (project_id, run_id, turn) DO UPDATE SET attempt = excluded.attempt, content = excluded.content, recorded_at = now();

-- name: ListTurns :many
SELECT turn, attempt, content FROM run_turns WHERE project_id = $1 AND run_id = $2 ORDER BY turn;

-- name: AddOutput :exec
INSERT INTO run_output (project_id, run_id, attempt, kind, body, at)
SELECT $1, $2, $3, o.kind, o.body, o.at
FROM (SELECT unnest(@kinds::text[]) AS kind, unnest(@bodies::text[]) AS body, unnest(@ats::timestamptz[]) AS at) o;

-- name: ListOutput :many
SELECT piece, attempt, kind, body, at FROM run_output WHERE project_id = $1 AND run_id = $2 AND piece > @after ORDER BY piece LIMIT @most;

-- name: OutputSize :one
SELECT count(*) AS pieces, coalesce(sum(octet_length(body)), 0)::bigint AS bytes FROM run_output WHERE project_id = $1 AND run_id = $2;

-- name: LockSpend :exec
SELECT pg_advisory_xact_lock(529372254, hashtext(@project::text));

-- name: SpentOn :many
SELECT scope, subject, micros FROM spend WHERE project_id = $1 AND (scope, subject) IN (SELECT unnest(@scopes::text[]), unnest(@subjects::text[]));

-- What other runs have set aside, by what budgets count over.
-- name: ReservedBy :many
SELECT run_id, role, task_id, gate_id, micros FROM spend_reserved WHERE project_id = $1 AND run_id <> @run;

-- name: Reserve :exec
INSERT INTO spend_reserved (project_id, run_id, role, task_id, gate_id, micros) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (project_id, run_id) DO UPDATE SET micros = excluded.micros, at = now();

-- name: Unreserve :exec
DELETE FROM spend_reserved WHERE project_id = $1 AND run_id = $2;

-- name: AddSpend :exec
INSERT INTO spend (project_id, scope, subject, micros) SELECT $1, unnest(@scopes::text[]), unnest(@subjects::text[]), @micros::bigint
ON CONFLICT (project_id, scope, subject) DO UPDATE SET micros = spend.micros + excluded.micros;

-- name: RecordCall :exec
INSERT INTO run_spend (project_id, run_id, attempt, role, task_id, gate_id, provider, model, input_tokens, output_tokens, cached_tokens,
    cache_write_tokens, cost_micros, cost_unknown, at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15);

-- name: RunTotals :one
SELECT coalesce(sum(input_tokens), 0)::bigint AS input_tokens, coalesce(sum(output_tokens), 0)::bigint AS output_tokens,
       coalesce(sum(cached_tokens), 0)::bigint AS cached_tokens, coalesce(sum(cache_write_tokens), 0)::bigint AS cache_write_tokens,
       coalesce(sum(cost_micros), 0)::bigint AS cost_micros, coalesce(bool_or(cost_unknown), false)::boolean AS cost_unknown
FROM run_spend WHERE project_id = $1 AND run_id = $2;

-- name: SpendBy :many
SELECT CASE @by::text WHEN 'run' THEN run_id WHEN 'agent' THEN role WHEN 'gate' THEN gate_id WHEN 'task' THEN task_id WHEN 'model' THEN model
            WHEN 'provider' THEN provider ELSE to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD') END::text AS subject,
       count(*) AS calls, count(DISTINCT run_id) AS runs, sum(input_tokens)::bigint AS input_tokens, sum(output_tokens)::bigint AS output_tokens,
       sum(cached_tokens)::bigint AS cached_tokens, sum(cache_write_tokens)::bigint AS cache_write_tokens,
       sum(cost_micros)::bigint AS cost_micros, bool_or(cost_unknown)::boolean AS cost_unknown
FROM run_spend WHERE project_id = $1 AND (sqlc.narg('since')::timestamptz IS NULL OR at >= sqlc.narg('since')::timestamptz)
  AND (sqlc.narg('until')::timestamptz IS NULL OR at < sqlc.narg('until')::timestamptz)
GROUP BY 1 ORDER BY 1;

-- name: AllHeldRuns :many
SELECT run_id, job_id FROM run_jobs WHERE project_id = $1 AND held ORDER BY run_id;

-- Those of these runs that are over, though somebody is still at them.
-- name: EndedRuns :many
SELECT r.project_id, r.run_id FROM (SELECT unnest(@projects::uuid[]) AS project_id, unnest(@runs::text[]) AS run_id) x
JOIN agent_runs r USING (project_id, run_id) WHERE r.status NOT IN ('pending', 'running');

-- What nobody looks at any more: the turns of runs that are over, what runs said
-- long ago, and workers that died.
-- name: ForgetTurns :execrows
DELETE FROM run_turns t USING agent_runs r WHERE r.project_id = t.project_id AND r.run_id = t.run_id
  AND r.status NOT IN ('pending', 'running') AND r.finished_at < @before;

-- name: ForgetOutput :execrows
DELETE FROM run_output o USING agent_runs r WHERE r.project_id = o.project_id AND r.run_id = o.run_id
  AND r.status NOT IN ('pending', 'running') AND r.finished_at < @before;

-- name: ForgetReserved :execrows
DELETE FROM spend_reserved s WHERE NOT EXISTS (
  SELECT 1 FROM agent_runs r WHERE r.project_id = s.project_id AND r.run_id = s.run_id AND r.status IN ('pending', 'running'));

-- name: ForgetWorkers :execrows
DELETE FROM workers WHERE seen_at < @before;

-- name: PendingRuns :many
SELECT project_id, run_id, task_id FROM agent_runs WHERE status = 'pending' AND NOT chosen AND queue <> 'critical' ORDER BY created_at LIMIT @most;

-- Runs that wait or are at work, and have no job: those that came with an import or a
-- backup.
-- name: OrphanRuns :many
SELECT r.project_id, r.run_id, r.queue, r.priority FROM agent_runs r
LEFT JOIN run_jobs j ON j.project_id = r.project_id AND j.run_id = r.run_id
WHERE r.status IN ('pending', 'running') AND (j.job_id IS NULL OR NOT (j.job_id = ANY(@living::bigint[])))
ORDER BY r.created_at;

-- name: OpenJobs :many
SELECT j.job_id FROM run_jobs j JOIN agent_runs r ON r.project_id = j.project_id AND r.run_id = j.run_id WHERE r.status IN ('pending', 'running');
