-- What people write in the markdown files around the records, byte for byte.
CREATE TABLE file_texts (
    project_id uuid NOT NULL,
    file text COLLATE "C" NOT NULL,
    anchor text COLLATE "C" NOT NULL,
    body text NOT NULL DEFAULT '',
    PRIMARY KEY (project_id, file, anchor)
);

-- Where a file and the database said different things.
CREATE TABLE sync_conflicts (
    project_id uuid NOT NULL,
    conflict_id text COLLATE "C" NOT NULL,
    file text NOT NULL DEFAULT '',
    record text NOT NULL DEFAULT '',
    field text NOT NULL DEFAULT '',
    base text NOT NULL DEFAULT '',
    ours text NOT NULL DEFAULT '',
    theirs text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    choice text NOT NULL DEFAULT '',
    value text NOT NULL DEFAULT '',
    found_by text NOT NULL DEFAULT '',
    found_at timestamptz NOT NULL,
    resolved_by text NOT NULL DEFAULT '',
    resolved_at timestamptz,
    PRIMARY KEY (project_id, conflict_id)
);

CREATE INDEX sync_conflicts_open ON sync_conflicts (project_id) WHERE status = 'open';

-- The order of tasks in lists, and those whose line was taken out.
ALTER TABLE tasks ADD COLUMN rank double precision NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN unlisted boolean NOT NULL DEFAULT false;
UPDATE tasks SET rank = created_version;

ALTER TABLE memories ADD COLUMN unlisted boolean NOT NULL DEFAULT false;

-- Renderings are found by the hash in a file's stamp, that of the bytes before
-- the stamp, and kept compressed (zstd), the latest of each file only. Those kept
-- until now have no such hash: files that name them are their own proof.
DROP TABLE renderings;

CREATE TABLE renderings (
    project_id uuid NOT NULL,
    file text COLLATE "C" NOT NULL,
    body_sha256 bytea NOT NULL,
    version bigint NOT NULL,
    content bytea NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (project_id, file, body_sha256)
);

ALTER TABLE renderings ALTER COLUMN content SET STORAGE EXTERNAL;

-- What became of the files of a project at the last sync in a folder: the state
-- of each, and for files of another database how far they were taken in.
CREATE TABLE synced_files (
    project_id uuid NOT NULL,
    file text COLLATE "C" NOT NULL,
    source uuid NOT NULL,
    version bigint NOT NULL,
    body_sha256 bytea NOT NULL,
    PRIMARY KEY (project_id, file, source)
);
