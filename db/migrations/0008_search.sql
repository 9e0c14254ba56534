-- Code search. All of it is made from the files of a checkout and can be made
-- again: it is no part of the log, of exports, or of the rows in backups. No
-- foreign keys on the big tables: a check per row costs more than the row.

-- One index for each checkout: a folder on a host that belongs to a project.
CREATE TABLE search_indexes (
    index_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id uuid NOT NULL,
    host text COLLATE "C" NOT NULL,
    root text COLLATE "C" NOT NULL,
    -- Which program made it: another format of words or chunks begins anew.
    format integer NOT NULL,
    -- Goes up whenever what a search finds may have changed.
    generation bigint NOT NULL DEFAULT 0,
    next_segment integer NOT NULL DEFAULT 1,
    next_file integer NOT NULL DEFAULT 1,
    -- What was true when an indexing last came to its end.
    commit_id text NOT NULL DEFAULT '',
    indexed_at timestamptz,
    took_ms bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (project_id, host, root)
);

-- Who indexes, and how far that is. A row whose time has run out is of a process
-- that died; it says where it came to.
CREATE TABLE search_runs (
    index_id integer PRIMARY KEY REFERENCES search_indexes ON DELETE CASCADE,
    holder uuid NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    -- When the process began, as its system counts, so that another one with the
    -- same number is told from it.
    process text NOT NULL,
    began_at timestamptz NOT NULL,
    renewed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    phase text NOT NULL,
    files_done bigint NOT NULL DEFAULT 0,
    files_total bigint NOT NULL DEFAULT 0,
    bytes_done bigint NOT NULL DEFAULT 0,
    bytes_total bigint NOT NULL DEFAULT 0
);

-- Every file that was looked at, as it was when it was read. A file that changes
-- gets a new number, under which nothing of the old one is found.
CREATE TABLE search_files (
    index_id integer NOT NULL,
    file_id integer NOT NULL,
    size bigint NOT NULL,
    -- Nanoseconds since 1970: Postgres' own times are coarser than a file's.
    modified_ns bigint NOT NULL,
    read_ns bigint NOT NULL,
    chunks integer NOT NULL,
    path text COLLATE "C" NOT NULL,
    language text COLLATE "C" NOT NULL,
    -- Why there is nothing of it in the index, or ''.
    skipped text COLLATE "C" NOT NULL DEFAULT '',
    hash bytea NOT NULL,
    PRIMARY KEY (index_id, file_id)
);

CREATE UNIQUE INDEX search_files_path ON search_files (index_id, path);

-- A part of the word index, never changed but for the files that die in it.
CREATE TABLE search_segments (
    index_id integer NOT NULL REFERENCES search_indexes ON DELETE CASCADE,
    segment integer NOT NULL,
    -- The numbers of its files in order, and the places of those that are dead.
    files bytea NOT NULL,
    dead bytea NOT NULL DEFAULT '',
    head bytea NOT NULL,
    file_count integer NOT NULL,
    chunk_count integer NOT NULL,
    dead_files integer NOT NULL DEFAULT 0,
    dead_chunks integer NOT NULL DEFAULT 0,
    PRIMARY KEY (index_id, segment)
);

ALTER TABLE search_segments ALTER COLUMN files SET STORAGE EXTERNAL;
ALTER TABLE search_segments ALTER COLUMN dead SET STORAGE EXTERNAL;
ALTER TABLE search_segments ALTER COLUMN head SET STORAGE EXTERNAL;

-- Which chunks of a segment have a term.
CREATE TABLE search_postings (
    index_id integer NOT NULL,
    segment integer NOT NULL,
    term text COLLATE "C" NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (index_id, segment, term)
);

ALTER TABLE search_postings ALTER COLUMN data SET STORAGE EXTERNAL;

CREATE TABLE search_chunks (
    index_id integer NOT NULL,
    file_id integer NOT NULL,
    ordinal integer NOT NULL,
    start_line integer NOT NULL,
    end_line integer NOT NULL,
    symbol text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    signature text COLLATE "C" NOT NULL,
    defines text[] COLLATE "C" NOT NULL,
    content_hash bytea NOT NULL,
    PRIMARY KEY (index_id, file_id, ordinal)
);

CREATE TABLE search_symbols (
    index_id integer NOT NULL,
    file_id integer NOT NULL,
    ordinal integer NOT NULL,
    -- The chunk that it begins in.
    chunk integer NOT NULL,
    line integer NOT NULL,
    end_line integer NOT NULL,
    doc_line integer NOT NULL,
    exported boolean NOT NULL,
    name text COLLATE "C" NOT NULL,
    name_lc text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    parent text COLLATE "C" NOT NULL,
    signature text COLLATE "C" NOT NULL,
    PRIMARY KEY (index_id, file_id, ordinal)
);

-- Finds names, and with this collation also their beginnings.
CREATE INDEX search_symbols_name ON search_symbols (index_id, name_lc);

-- What was learnt from the words of an index: which mean the same in it.
CREATE TABLE search_models (
    index_id integer PRIMARY KEY REFERENCES search_indexes ON DELETE CASCADE,
    version bigint NOT NULL,
    dims integer NOT NULL,
    fitted_at timestamptz NOT NULL,
    -- Of how many chunks it was learnt, and how many came or went since.
    chunks integer NOT NULL,
    changed integer NOT NULL DEFAULT 0,
    head bytea NOT NULL
);

CREATE TABLE search_model_terms (
    index_id integer NOT NULL,
    term text COLLATE "C" NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (index_id, term)
);

ALTER TABLE search_model_terms ALTER COLUMN data SET STORAGE EXTERNAL;

-- Vectors that were paid for, by what they were made from: shared by all projects,
-- branches and worktrees.
CREATE TABLE search_embeddings (
    provider text COLLATE "C" NOT NULL,
    model text COLLATE "C" NOT NULL,
    dims integer NOT NULL,
    content_hash bytea NOT NULL,
    -- Half-precision numbers, the lesser byte first.
    data bytea NOT NULL,
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (provider, model, dims, content_hash)
);

ALTER TABLE search_embeddings ALTER COLUMN data SET STORAGE EXTERNAL;
