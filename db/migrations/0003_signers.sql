-- Keys whose signatures count, who signed the decision on a gate, and who said
-- yes where that does not approve.

CREATE TABLE signers (
    project_id uuid NOT NULL,
    fingerprint text COLLATE "C" NOT NULL,
    name text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    public_key text NOT NULL DEFAULT '',
    presence boolean NOT NULL DEFAULT false,
    gates text[] NOT NULL DEFAULT '{}',
    added_by text NOT NULL DEFAULT '',
    added_at timestamptz NOT NULL,
    removed_at timestamptz,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, fingerprint)
);

ALTER TABLE gates
    ADD COLUMN signer text NOT NULL DEFAULT '',
    ADD COLUMN requested_through text NOT NULL DEFAULT '',
    ADD COLUMN requested_at timestamptz;
