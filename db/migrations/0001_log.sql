-- The log: streams, events, payloads and the keys of commands already done.

CREATE TABLE schema_info (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version integer NOT NULL,
    -- The least schema version that a program must know to write here.
    min_compatible integer NOT NULL,
    -- Names this database, so that a copy of a repository is told from its home.
    database_id uuid NOT NULL DEFAULT gen_random_uuid(),
    migrated_at timestamptz NOT NULL DEFAULT now()
);

-- One row per stream. Its lock orders all writes to the project.
CREATE TABLE streams (
    project_id uuid PRIMARY KEY,
    version bigint NOT NULL DEFAULT 0,
    head bytea NOT NULL DEFAULT '\x0000000000000000000000000000000000000000000000000000000000000000',
    recorded_at timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    CHECK (octet_length(head) = 32)
);

CREATE TABLE events (
    project_id uuid NOT NULL REFERENCES streams,
    version bigint NOT NULL CHECK (version > 0),
    type text NOT NULL,
    schema_version integer NOT NULL,
    payload_hash bytea NOT NULL,
    actor text NOT NULL,
    on_behalf_of text NOT NULL,
    session text NOT NULL,
    correlation_id uuid NOT NULL,
    causation_id uuid NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    prev_hash bytea NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (project_id, version)
);
CREATE INDEX events_type ON events (project_id, type, version);
CREATE INDEX events_recorded ON events (project_id, recorded_at);

-- Type json keeps the text as it was written; jsonb would not, and the text is
-- what is hashed.
CREATE TABLE event_payloads (
    project_id uuid NOT NULL,
    version bigint NOT NULL,
    payload json NOT NULL,
    PRIMARY KEY (project_id, version),
    FOREIGN KEY (project_id, version) REFERENCES events
);

CREATE TABLE commands (
    project_id uuid NOT NULL,
    key text NOT NULL,
    name text NOT NULL,
    request_hash bytea NOT NULL,
    first_version bigint NOT NULL,
    last_version bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, key)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the event log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_payloads_append_only BEFORE UPDATE OR DELETE ON event_payloads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_payloads_no_truncate BEFORE TRUNCATE ON event_payloads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- A stream only grows, and never disappears.
CREATE FUNCTION refuse_shrinking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR NEW.version <= OLD.version OR NEW.project_id <> OLD.project_id OR NEW.recorded_at < OLD.recorded_at THEN
        RAISE EXCEPTION 'a stream only grows: % on % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER streams_only_grow BEFORE UPDATE OR DELETE ON streams
    FOR EACH ROW EXECUTE FUNCTION refuse_shrinking();
CREATE TRIGGER streams_no_truncate BEFORE TRUNCATE ON streams
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- ALWAYS: also where session_replication_role would switch ordinary triggers off.
ALTER TABLE events ENABLE ALWAYS TRIGGER events_append_only;
ALTER TABLE events ENABLE ALWAYS TRIGGER events_no_truncate;
ALTER TABLE event_payloads ENABLE ALWAYS TRIGGER event_payloads_append_only;
ALTER TABLE event_payloads ENABLE ALWAYS TRIGGER event_payloads_no_truncate;
ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_only_grow;
ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_no_truncate;
