-- name: SearchIndexes :many
SELECT * FROM search_indexes WHERE project_id = $1 ORDER BY index_id;

-- name: SearchIndexOf :one
SELECT * FROM search_indexes WHERE project_id = $1 AND host = $2 AND root = $3;

-- name: AddSearchIndex :exec
INSERT INTO search_indexes (project_id, host, root, format) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, host, root) DO NOTHING;

-- Another process may have made an index of the new folder meanwhile.
-- name: MoveSearchIndex :execrows
UPDATE search_indexes i SET root = @root WHERE i.index_id = @index_id
AND NOT EXISTS (SELECT FROM search_indexes o WHERE o.project_id = i.project_id AND o.host = i.host AND o.root = @root);

-- name: FinishSearchIndex :execrows
UPDATE search_indexes i SET commit_id = @commit_id, indexed_at = clock_timestamp(), took_ms = @took_ms
WHERE i.index_id = @index_id AND EXISTS (SELECT FROM search_runs r WHERE r.index_id = i.index_id AND r.holder = @holder);

-- What belongs to indexes of projects that are gone.
-- name: OrphanedSearchIndexes :many
SELECT index_id FROM search_indexes i WHERE NOT EXISTS (SELECT FROM projects p WHERE p.project_id = i.project_id);

-- name: RemoveSearchIndex :execrows
DELETE FROM search_indexes WHERE index_id = $1;

-- name: RemoveSearchFiles :exec
DELETE FROM search_files WHERE index_id = $1;

-- name: RemoveSearchChunks :exec
DELETE FROM search_chunks WHERE index_id = $1;

-- name: RemoveSearchSymbols :exec
DELETE FROM search_symbols WHERE index_id = $1;

-- name: RemoveSearchPostings :exec
DELETE FROM search_postings WHERE index_id = $1;

-- name: RemoveSearchModelTerms :exec
DELETE FROM search_model_terms WHERE index_id = $1;

-- name: RemoveSearchModel :exec
DELETE FROM search_models WHERE index_id = $1;

-- name: RemoveSearchSegments :exec
DELETE FROM search_segments WHERE index_id = $1;

-- Begins anew, in the format of this program.
-- name: ResetSearchIndex :exec
UPDATE search_indexes SET format = @format, generation = generation + 1, commit_id = '', indexed_at = NULL WHERE index_id = @index_id;

-- One process takes the run of an index, if nobody has it, or who had it is dead:
-- known to be, by the holder that was named, or because its time ran out.
-- name: TakeSearchRun :one
INSERT INTO search_runs AS r (index_id, holder, host, pid, process, began_at, renewed_at, expires_at, phase)
VALUES (@index_id, @holder, @host, @pid, @process, clock_timestamp(), clock_timestamp(), clock_timestamp() + make_interval(secs => @lease_seconds::float8), @phase)
ON CONFLICT (index_id) DO UPDATE SET
    holder = EXCLUDED.holder, host = EXCLUDED.host, pid = EXCLUDED.pid, process = EXCLUDED.process, began_at = EXCLUDED.began_at,
    renewed_at = EXCLUDED.renewed_at, expires_at = EXCLUDED.expires_at, phase = EXCLUDED.phase,
    files_done = 0, files_total = 0, bytes_done = 0, bytes_total = 0
WHERE r.expires_at < clock_timestamp() OR r.holder = @dead
RETURNING holder;

-- name: RenewSearchRun :execrows
UPDATE search_runs SET renewed_at = clock_timestamp(), expires_at = clock_timestamp() + make_interval(secs => @lease_seconds::float8), phase = @phase,
    files_done = @files_done, files_total = @files_total, bytes_done = @bytes_done, bytes_total = @bytes_total
WHERE index_id = @index_id AND holder = @holder;

-- name: EndSearchRun :exec
DELETE FROM search_runs WHERE index_id = $1 AND holder = $2;

-- name: GetSearchRun :many
SELECT *, (expires_at >= clock_timestamp())::boolean AS renewed FROM search_runs WHERE index_id = $1;

-- One transaction at a time writes to an index: that of a process that was killed
-- may go on for a while in its backend.
-- name: LockSearchIndex :one
SELECT index_id FROM search_indexes WHERE index_id = $1 FOR NO KEY UPDATE;

-- Whether the run is the holder's. It cannot be removed until the transaction ends,
-- but renewed, and taken when its time runs out.
-- name: HoldSearchRun :one
SELECT holder FROM search_runs WHERE index_id = $1 AND holder = $2 FOR KEY SHARE;

-- Whether it still is: nobody takes it before the transaction ends. What a process
-- that died still holds of it does not stand in the way.
-- name: ConfirmSearchRun :one
SELECT holder FROM search_runs WHERE index_id = $1 AND holder = $2 FOR NO KEY UPDATE;

-- name: SearchFiles :many
SELECT * FROM search_files WHERE index_id = $1;

-- name: SearchFilesByID :many
SELECT * FROM search_files WHERE index_id = $1 AND file_id = ANY(@files::int[]);

-- name: SearchFileAt :one
SELECT * FROM search_files WHERE index_id = $1 AND path = $2;

-- name: SkippedSearchFiles :many
SELECT skipped, count(*) AS files FROM search_files WHERE index_id = $1 AND skipped <> '' GROUP BY skipped ORDER BY skipped;

-- name: SearchTotals :one
SELECT count(*) FILTER (WHERE skipped = '') AS files, coalesce(sum(size) FILTER (WHERE skipped = ''), 0)::bigint AS bytes,
       coalesce(sum(chunks), 0)::bigint AS chunks FROM search_files WHERE index_id = $1;

-- name: DropSearchFiles :exec
DELETE FROM search_files WHERE index_id = $1 AND file_id = ANY(@files::int[]);

-- name: DropSearchChunks :exec
DELETE FROM search_chunks WHERE index_id = $1 AND file_id = ANY(@files::int[]);

-- name: DropSearchSymbols :exec
DELETE FROM search_symbols WHERE index_id = $1 AND file_id = ANY(@files::int[]);

-- name: TouchSearchFiles :exec
UPDATE search_files f SET size = t.size, modified_ns = t.modified_ns, read_ns = t.read_ns
FROM (SELECT unnest(@files::int[]) AS file_id, unnest(@sizes::bigint[]) AS size, unnest(@modified::bigint[]) AS modified_ns, unnest(@read::bigint[]) AS read_ns) AS t
WHERE f.index_id = @index_id AND f.file_id = t.file_id;

-- name: AddSearchFiles :exec
INSERT INTO search_files (index_id, file_id, size, modified_ns, read_ns, chunks, path, language, skipped, hash)
SELECT @index_id::int, unnest(@files::int[]), unnest(@sizes::bigint[]), unnest(@modified::bigint[]), unnest(@read::bigint[]), unnest(@chunks::int[]), unnest(@paths::text[]), unnest(@languages::text[]), unnest(@skipped::text[]), unnest(@hashes::bytea[]);

-- Names have no line ends in them.
-- name: AddSearchChunks :exec
INSERT INTO search_chunks (index_id, file_id, ordinal, start_line, end_line, symbol, kind, signature, defines, content_hash)
SELECT @index_id::int, c.file_id, c.ordinal, c.start_line, c.end_line, c.symbol, c.kind, c.signature, string_to_array(c.defines, E'\n'), c.content_hash
FROM (SELECT unnest(@files::int[]) AS file_id, unnest(@ordinals::int[]) AS ordinal, unnest(@starts::int[]) AS start_line, unnest(@ends::int[]) AS end_line, unnest(@symbols::text[]) AS symbol, unnest(@kinds::text[]) AS kind, unnest(@signatures::text[]) AS signature, unnest(@defines::text[]) AS defines, unnest(@hashes::bytea[]) AS content_hash) AS c;

-- name: AddSearchSymbols :exec
INSERT INTO search_symbols (index_id, file_id, ordinal, chunk, line, end_line, doc_line, exported, name, name_lc, kind, parent, signature)
SELECT @index_id::int, unnest(@files::int[]), unnest(@ordinals::int[]), unnest(@chunks::int[]), unnest(@lines::int[]), unnest(@ends::int[]), unnest(@docs::int[]), unnest(@exported::bool[]), unnest(@names::text[]), unnest(@lower::text[]), unnest(@kinds::text[]), unnest(@parents::text[]), unnest(@signatures::text[]);

-- name: AddSearchSegment :exec
INSERT INTO search_segments (index_id, segment, files, head, file_count, chunk_count) VALUES ($1, $2, $3, $4, $5, $6);

-- name: AddSearchPostings :exec
INSERT INTO search_postings (index_id, segment, term, data)
SELECT @index_id::int, @segment::int, unnest(@terms::text[]), unnest(@data::bytea[]);

-- name: DropSearchPostings :exec
DELETE FROM search_postings WHERE index_id = $1 AND segment = ANY(@segments::int[]);

-- name: DropSearchSegments :exec
DELETE FROM search_segments WHERE index_id = $1 AND segment = ANY(@segments::int[]);

-- What says which files are in which segment.
-- name: SearchSegmentFiles :many
SELECT segment, files, dead, file_count, chunk_count, dead_files, dead_chunks FROM search_segments WHERE index_id = $1 ORDER BY segment;

-- None when the index is still of the generation that is known.
-- name: SearchSegments :many
SELECT s.* FROM search_segments s JOIN search_indexes i USING (index_id)
WHERE s.index_id = @index_id AND i.generation <> @known ORDER BY s.segment;

-- name: SearchGeneration :one
SELECT generation FROM search_indexes WHERE index_id = $1;

-- name: SetSearchDead :exec
UPDATE search_segments SET dead = @dead, dead_files = @dead_files, dead_chunks = @dead_chunks WHERE index_id = @index_id AND segment = @segment;

-- name: AdvanceSearchIndex :exec
UPDATE search_indexes SET generation = generation + 1, next_file = @next_file, next_segment = @next_segment WHERE index_id = @index_id;

-- name: SearchPostingsOf :many
SELECT term, data FROM search_postings WHERE index_id = $1 AND segment = $2 ORDER BY term;

-- name: SearchPostings :many
SELECT p.segment, p.term, p.data FROM search_segments s
JOIN search_postings p ON p.index_id = s.index_id AND p.segment = s.segment AND p.term = ANY(@terms::text[])
WHERE s.index_id = @index_id;

-- name: GetSearchModel :many
SELECT * FROM search_models WHERE index_id = $1;

-- name: ChangeSearchModel :exec
UPDATE search_models SET changed = least(greatest(changed + @changed, @at_least), 1000000000) WHERE index_id = @index_id;

-- name: PutSearchModel :exec
INSERT INTO search_models (index_id, version, dims, fitted_at, chunks, changed, head) VALUES (@index_id, @version, @dims, clock_timestamp(), @chunks, 0, @head)
ON CONFLICT (index_id) DO UPDATE SET version = @version, dims = @dims, fitted_at = clock_timestamp(), chunks = @chunks, changed = 0, head = @head;

-- name: AddSearchModelTerms :exec
INSERT INTO search_model_terms (index_id, term, data) SELECT @index_id::int, unnest(@terms::text[]), unnest(@data::bytea[]);

-- name: SearchModelTerms :many
SELECT term, data FROM search_model_terms WHERE index_id = $1 AND term = ANY(@terms::text[]);

-- name: AllSearchModelTerms :many
SELECT term, data FROM search_model_terms WHERE index_id = $1 ORDER BY term;

-- name: SearchChunksOf :many
SELECT * FROM search_chunks WHERE index_id = $1 AND file_id = $2 ORDER BY ordinal;

-- Those of each name, or of each beginning of names, up to a number of each.
-- name: SearchSymbolsBetween :many
SELECT s.*, f.path, f.language
FROM (SELECT unnest(@lowest::text[]) AS lowest, unnest(@beyond::text[]) AS beyond) n
CROSS JOIN LATERAL (
    SELECT x.* FROM search_symbols x WHERE x.index_id = @index_id AND x.name_lc >= n.lowest AND x.name_lc < n.beyond
    ORDER BY x.name_lc, x.file_id, x.ordinal LIMIT @most
) s
JOIN search_files f ON f.index_id = s.index_id AND f.file_id = s.file_id
ORDER BY s.name_lc, f.path, s.ordinal;

-- The files with a symbol of one of the kinds whose name, with what it is in, has one
-- of the parts; none of either is any.
-- name: SearchFilesWith :many
SELECT DISTINCT s.file_id FROM search_symbols s WHERE s.index_id = @index_id
AND (cardinality(@kinds::text[]) = 0 OR s.kind = ANY(@kinds::text[]))
AND (cardinality(@parts::text[]) = 0 OR EXISTS (
    SELECT FROM unnest(@parts::text[]) AS part WHERE position(part IN lower(s.parent || '.' || s.name)) > 0));

-- name: SearchSymbolsOf :many
SELECT s.*, f.path, f.language FROM search_symbols s JOIN search_files f USING (index_id, file_id)
WHERE s.index_id = $1 AND s.file_id = $2 ORDER BY s.ordinal;

-- name: SearchEmbeddings :many
SELECT content_hash, data FROM search_embeddings
WHERE provider = @provider AND model = @model AND dims = @dims AND content_hash = ANY(@hashes::bytea[]);

-- name: AddSearchEmbeddings :exec
INSERT INTO search_embeddings (provider, model, dims, content_hash, data)
SELECT @provider::text, @model::text, @dims::int, unnest(@hashes::bytea[]), unnest(@data::bytea[])
ON CONFLICT (provider, model, dims, content_hash) DO NOTHING;

-- name: MoveOnSearchSegments :exec
UPDATE search_indexes SET generation = generation + 1, next_segment = greatest(next_segment, @next_segment) WHERE index_id = @index_id;

-- name: SearchPaths :many
SELECT file_id, path, language FROM search_files WHERE index_id = $1 AND skipped = '';

-- name: NextSearchGeneration :exec
UPDATE search_indexes SET generation = generation + 1 WHERE index_id = $1;
