-- name: CreateStream :execrows
INSERT INTO streams (project_id) VALUES ($1) ON CONFLICT DO NOTHING;

-- name: LockStream :one
SELECT version, head, recorded_at FROM streams WHERE project_id = $1 FOR UPDATE;

-- name: GetStream :one
SELECT version, head, recorded_at FROM streams WHERE project_id = $1;

-- name: InsertEvent :exec
WITH event AS (
    INSERT INTO events (project_id, version, type, schema_version, payload_hash, actor, on_behalf_of, session,
        correlation_id, causation_id, occurred_at, recorded_at, prev_hash, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
)
INSERT INTO event_payloads (project_id, version, payload) VALUES ($1, $2, $15);

-- The last event of a write, with the new end of the stream and the key of the
-- request: one statement costs half of what four cost.
-- name: InsertLastEvent :exec
WITH event AS (
    INSERT INTO events (project_id, version, type, schema_version, payload_hash, actor, on_behalf_of, session,
        correlation_id, causation_id, occurred_at, recorded_at, prev_hash, hash)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
), payload AS (
    INSERT INTO event_payloads (project_id, version, payload) VALUES ($1, $2, $15)
), stream AS (
    UPDATE streams SET version = $2, head = $14, recorded_at = $12 WHERE project_id = $1
)
INSERT INTO commands (project_id, key, name, request_hash, first_version, last_version)
VALUES ($1, @key, @name, @request_hash, @first_version, $2);

-- Keys that nobody repeats a request with any more.
-- name: ForgetCommands :exec
DELETE FROM commands WHERE project_id = $1 AND created_at < now() - make_interval(days => @days::integer);

-- name: GetCommand :one
SELECT name, request_hash, first_version, last_version FROM commands WHERE project_id = $1 AND key = $2;

-- Says which projects have news. Nothing is lost if the server forgets it, so
-- nobody waits for the disk.
-- name: Notify :exec
SELECT set_config('synchronous_commit', 'off', true), pg_notify('layercake', message)
FROM unnest(@messages::text[]) AS message;

-- An event whose payload is gone is shown without, so that it is seen.
-- name: StreamEvents :many
SELECT e.*, p.payload FROM events e LEFT JOIN event_payloads p USING (project_id, version)
WHERE e.project_id = $1 AND e.version > @after AND e.version <= @upto
ORDER BY e.version LIMIT @most;

-- What an event changes depends on these columns and no others.
-- name: FoldEvents :many
SELECT e.version, e.type, e.schema_version, e.actor, e.recorded_at, p.payload FROM events e JOIN event_payloads p USING (project_id, version)
WHERE e.project_id = $1 AND e.version <= @upto
ORDER BY e.version;

-- name: GetHash :one
SELECT hash FROM events WHERE project_id = $1 AND version = $2;

-- Events that fit all that is asked for, newest first. The subject is an id: of what
-- an event is about, waits for, was blocked by, replaces, or brings back.
-- name: ListEvents :many
SELECT e.*, p.payload FROM events e JOIN event_payloads p USING (project_id, version)
WHERE e.project_id = $1 AND e.version < @before AND e.version > @after
  AND (sqlc.narg('types')::text[] IS NULL OR e.type = ANY(sqlc.narg('types')::text[]))
  AND (sqlc.narg('actor')::text IS NULL OR strpos(lower(e.actor), lower(sqlc.narg('actor')::text)) > 0
    OR strpos(lower(e.on_behalf_of), lower(sqlc.narg('actor')::text)) > 0)
  AND (sqlc.narg('correlation')::uuid IS NULL OR e.correlation_id = sqlc.narg('correlation')::uuid)
  AND (sqlc.narg('since')::timestamptz IS NULL OR e.recorded_at >= sqlc.narg('since')::timestamptz)
  AND (sqlc.narg('until')::timestamptz IS NULL OR e.recorded_at <= sqlc.narg('until')::timestamptz)
  AND (sqlc.narg('subject')::text IS NULL OR p.payload ->> 'id' = sqlc.narg('subject')::text OR p.payload ->> 'gate' = sqlc.narg('subject')::text
    OR p.payload ->> 'depends_on' = sqlc.narg('subject')::text OR p.payload ->> 'by' = sqlc.narg('subject')::text
    OR p.payload ->> 'supersedes' = sqlc.narg('subject')::text
    OR (e.type = 'ChangeUndone' AND EXISTS (
      SELECT FROM json_array_elements(p.payload -> 'rows') AS r, json_array_elements_text(r -> 'key') AS k WHERE k = sqlc.narg('subject')::text)))
ORDER BY e.version DESC LIMIT @most;

-- How many of these events there are, by type, actor and day (UTC).
-- name: CountEvents :many
SELECT e.type, e.actor, (e.recorded_at AT TIME ZONE 'UTC')::date AS day, count(*) AS events
FROM events e JOIN event_payloads p USING (project_id, version)
WHERE e.project_id = $1 AND e.version < @before AND e.version > @after
  AND (sqlc.narg('types')::text[] IS NULL OR e.type = ANY(sqlc.narg('types')::text[]))
  AND (sqlc.narg('actor')::text IS NULL OR strpos(lower(e.actor), lower(sqlc.narg('actor')::text)) > 0
    OR strpos(lower(e.on_behalf_of), lower(sqlc.narg('actor')::text)) > 0)
  AND (sqlc.narg('correlation')::uuid IS NULL OR e.correlation_id = sqlc.narg('correlation')::uuid)
  AND (sqlc.narg('since')::timestamptz IS NULL OR e.recorded_at >= sqlc.narg('since')::timestamptz)
  AND (sqlc.narg('until')::timestamptz IS NULL OR e.recorded_at <= sqlc.narg('until')::timestamptz)
  AND (sqlc.narg('subject')::text IS NULL OR p.payload ->> 'id' = sqlc.narg('subject')::text OR p.payload ->> 'gate' = sqlc.narg('subject')::text
    OR p.payload ->> 'depends_on' = sqlc.narg('subject')::text OR p.payload ->> 'by' = sqlc.narg('subject')::text
    OR p.payload ->> 'supersedes' = sqlc.narg('subject')::text
    OR (e.type = 'ChangeUndone' AND EXISTS (
      SELECT FROM json_array_elements(p.payload -> 'rows') AS r, json_array_elements_text(r -> 'key') AS k WHERE k = sqlc.narg('subject')::text)))
GROUP BY e.type, e.actor, day;

-- name: VersionAt :one
SELECT coalesce(max(version), 0)::bigint FROM events WHERE project_id = $1 AND recorded_at <= @at;

-- name: GetSchemaInfo :one
SELECT version, min_compatible, database_id, migrated_at FROM schema_info;

-- name: ListStreams :many
SELECT project_id, version, head, recorded_at FROM streams ORDER BY project_id;

-- name: OwnsLog :one
SELECT pg_has_role(current_user, c.relowner, 'USAGE')::boolean FROM pg_catalog.pg_class c
WHERE c.relname = 'events' AND c.relnamespace = 'layercake'::regnamespace;

-- name: EventHash :one
SELECT hash FROM events WHERE project_id = $1 AND version = $2;

-- name: RedactPayload :exec
SELECT redact_payload(@stream, @at, @replacement);

-- name: ListRenderings :many
SELECT file, body_sha256, content FROM renderings WHERE project_id = $1 ORDER BY file, id;

-- name: ReplaceRendering :exec
UPDATE renderings SET content = $4 WHERE project_id = $1 AND file = $2 AND body_sha256 = $3;

-- The functions behind the guards of the log, by the sum of their text.
-- name: ListGuardFunctions :many
SELECT p.proname::text AS name, encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex')::text AS sum FROM pg_catalog.pg_proc p
WHERE p.pronamespace = 'layercake'::regnamespace AND p.prorettype = 'trigger'::regtype ORDER BY p.proname;

-- name: ListGuards :many
SELECT c.relname::text AS relation, t.tgname::text AS name, t.tgenabled::text AS enabled, pg_get_triggerdef(t.oid)::text AS definition
FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'layercake'::regnamespace AND c.relname IN ('events', 'event_payloads', 'streams') AND NOT t.tgisinternal
ORDER BY c.relname, t.tgname;
