-- The projections: what the events fold to. Every row can be made again from the
-- log; package core/project describes the same columns in the same order.

CREATE TABLE projects (
    project_id uuid NOT NULL,
    slug text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    type text NOT NULL DEFAULT '',
    preset text NOT NULL DEFAULT '',
    tier text NOT NULL DEFAULT '',
    deployment_mode text NOT NULL DEFAULT '',
    has_ui boolean NOT NULL DEFAULT false,
    level text NOT NULL DEFAULT '',
    teaching_level text NOT NULL DEFAULT '',
    docs_dir text NOT NULL DEFAULT '',
    phase text NOT NULL DEFAULT '',
    blocked_from text NOT NULL DEFAULT '',
    archived boolean NOT NULL DEFAULT false,
    intake json NOT NULL DEFAULT '{}',
    workflow_digest text NOT NULL DEFAULT '',
    workflow_source text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (project_id)
);

CREATE TABLE workflows (
    project_id uuid NOT NULL,
    definition json NOT NULL DEFAULT '{}',
    digest text NOT NULL DEFAULT '',
    accepted_by text NOT NULL DEFAULT '',
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (project_id)
);

CREATE TABLE gates (
    project_id uuid NOT NULL,
    gate_id text COLLATE "C" NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    phase text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    applies boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT '',
    since_version bigint NOT NULL DEFAULT 0,
    commit_id text NOT NULL DEFAULT '',
    tree text NOT NULL DEFAULT '',
    brief text NOT NULL DEFAULT '',
    presented_by text NOT NULL DEFAULT '',
    presented_at timestamptz,
    decided_by text NOT NULL DEFAULT '',
    decided_at timestamptz,
    level text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    forced boolean NOT NULL DEFAULT false,
    conditional boolean NOT NULL DEFAULT false,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, gate_id)
);

CREATE TABLE gate_conditions (
    project_id uuid NOT NULL,
    condition_id text COLLATE "C" NOT NULL,
    gate_id text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    blocks text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    resolution text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, condition_id)
);

CREATE TABLE proofs (
    project_id uuid NOT NULL,
    proof_id text COLLATE "C" NOT NULL,
    gate_id text NOT NULL DEFAULT '',
    type text NOT NULL DEFAULT '',
    grade text NOT NULL DEFAULT '',
    result text NOT NULL DEFAULT '',
    summary text NOT NULL DEFAULT '',
    sha256 text NOT NULL DEFAULT '',
    size bigint NOT NULL DEFAULT 0,
    command text[] NOT NULL DEFAULT '{}',
    exit_code bigint NOT NULL DEFAULT 0,
    parser text NOT NULL DEFAULT '',
    tree_before text NOT NULL DEFAULT '',
    tree_after text NOT NULL DEFAULT '',
    paths text[] NOT NULL DEFAULT '{}',
    commit_id text NOT NULL DEFAULT '',
    env_digest text NOT NULL DEFAULT '',
    duration_ms bigint NOT NULL DEFAULT 0,
    reasons text[] NOT NULL DEFAULT '{}',
    report json NOT NULL DEFAULT '{}',
    workflow_digest text NOT NULL DEFAULT '',
    statement text NOT NULL DEFAULT '',
    level text NOT NULL DEFAULT '',
    observed_by text NOT NULL DEFAULT '',
    invalidated text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, proof_id)
);

CREATE TABLE tasks (
    project_id uuid NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    title text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    type text NOT NULL DEFAULT '',
    priority text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    owner text NOT NULL DEFAULT '',
    phase text NOT NULL DEFAULT '',
    gate_id text NOT NULL DEFAULT '',
    parent text NOT NULL DEFAULT '',
    spec_refs text[] NOT NULL DEFAULT '{}',
    story_refs text[] NOT NULL DEFAULT '{}',
    claimed_by text NOT NULL DEFAULT '',
    lease_until timestamptz,
    blocked_reason text NOT NULL DEFAULT '',
    blocked_by text NOT NULL DEFAULT '',
    blocked_at timestamptz,
    promoted_from text NOT NULL DEFAULT '',
    deferred_gate text NOT NULL DEFAULT '',
    deferred_reason text NOT NULL DEFAULT '',
    result text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    finished_at timestamptz,
    version bigint NOT NULL DEFAULT 0,
    created_version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, task_id)
);

CREATE TABLE task_dependencies (
    project_id uuid NOT NULL,
    task_id text COLLATE "C" NOT NULL,
    depends_on text COLLATE "C" NOT NULL,
    PRIMARY KEY (project_id, task_id, depends_on)
);

CREATE TABLE documents (
    project_id uuid NOT NULL,
    document_id text COLLATE "C" NOT NULL,
    title text NOT NULL DEFAULT '',
    path text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    sha256 text NOT NULL DEFAULT '',
    size bigint NOT NULL DEFAULT 0,
    content_version bigint NOT NULL DEFAULT 1,
    locked boolean NOT NULL DEFAULT false,
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, document_id)
);

CREATE TABLE deliverables (
    project_id uuid NOT NULL,
    deliverable_id text COLLATE "C" NOT NULL,
    gate_id text NOT NULL DEFAULT '',
    kind text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    path text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    sha256 text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    decided_by text NOT NULL DEFAULT '',
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, deliverable_id)
);

CREATE TABLE decisions (
    project_id uuid NOT NULL,
    decision_id text COLLATE "C" NOT NULL,
    title text NOT NULL DEFAULT '',
    context text NOT NULL DEFAULT '',
    decision text NOT NULL DEFAULT '',
    rationale text NOT NULL DEFAULT '',
    alternatives text[] NOT NULL DEFAULT '{}',
    consequences text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    gate_id text NOT NULL DEFAULT '',
    superseded_by text NOT NULL DEFAULT '',
    reversed_reason text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, decision_id)
);

CREATE TABLE memories (
    project_id uuid NOT NULL,
    memory_id text COLLATE "C" NOT NULL,
    kind text NOT NULL DEFAULT '',
    scope text NOT NULL DEFAULT '',
    title text NOT NULL DEFAULT '',
    content text NOT NULL DEFAULT '',
    confidence double precision NOT NULL DEFAULT 1,
    tags text[] NOT NULL DEFAULT '{}',
    links text[] NOT NULL DEFAULT '{}',
    retracted text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, memory_id)
);

CREATE TABLE notes (
    project_id uuid NOT NULL,
    note_id text COLLATE "C" NOT NULL,
    kind text NOT NULL DEFAULT '',
    subject text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, note_id)
);

CREATE TABLE risks (
    project_id uuid NOT NULL,
    risk_id text COLLATE "C" NOT NULL,
    title text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    probability text NOT NULL DEFAULT '',
    impact text NOT NULL DEFAULT '',
    mitigation text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, risk_id)
);

CREATE TABLE blockers (
    project_id uuid NOT NULL,
    blocker_id text COLLATE "C" NOT NULL,
    title text NOT NULL DEFAULT '',
    description text NOT NULL DEFAULT '',
    severity text NOT NULL DEFAULT '',
    gate_id text NOT NULL DEFAULT '',
    level bigint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT '',
    resolution text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    resolved_at timestamptz,
    PRIMARY KEY (project_id, blocker_id)
);

CREATE TABLE questions (
    project_id uuid NOT NULL,
    question_id text COLLATE "C" NOT NULL,
    kind text NOT NULL DEFAULT '',
    asked_of text NOT NULL DEFAULT '',
    question text NOT NULL DEFAULT '',
    options text[] NOT NULL DEFAULT '{}',
    blocking boolean NOT NULL DEFAULT false,
    status text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '',
    answered_by text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (project_id, question_id)
);

CREATE TABLE feedback (
    project_id uuid NOT NULL,
    feedback_id text COLLATE "C" NOT NULL,
    gate_id text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT '',
    body text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    resolution text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, feedback_id)
);

CREATE TABLE constraints (
    project_id uuid NOT NULL,
    constraint_key text COLLATE "C" NOT NULL,
    value text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    set_by text NOT NULL DEFAULT '',
    set_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, constraint_key)
);

CREATE TABLE trust (
    project_id uuid NOT NULL,
    subject text COLLATE "C" NOT NULL,
    digest text NOT NULL DEFAULT '',
    level text NOT NULL DEFAULT '',
    granted_by text NOT NULL DEFAULT '',
    granted_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, subject)
);

CREATE UNIQUE INDEX projects_slug ON projects (slug);
CREATE INDEX tasks_status ON tasks (project_id, status);
CREATE INDEX tasks_order ON tasks (project_id, created_version);
CREATE INDEX task_dependents ON task_dependencies (project_id, depends_on);
CREATE INDEX proofs_gate ON proofs (project_id, gate_id, type);
CREATE INDEX notes_order ON notes (project_id, version);

-- The markdown files as LayerCake last wrote them. Not a projection: the bytes
-- depend on the renderer, and old ones are the bases of later merges.
CREATE TABLE renderings (
    project_id uuid NOT NULL,
    file text NOT NULL,
    sha256 bytea NOT NULL,
    version bigint NOT NULL,
    content bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, file, sha256)
);
