-- Runs of agents, what they hand over, and what they may spend. River's own
-- tables are in a schema of theirs, made by its own migrations; see migrate.go.

CREATE TABLE agent_runs (
    project_id uuid NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    role text NOT NULL DEFAULT '',
    task_id text COLLATE "C" NOT NULL DEFAULT '',
    gate_id text NOT NULL DEFAULT '',
    prompt text NOT NULL DEFAULT '',
    queue text NOT NULL DEFAULT '',
    priority bigint NOT NULL DEFAULT 0,
    reasons text[] NOT NULL DEFAULT '{}',
    chosen boolean NOT NULL DEFAULT false,
    asked_provider text NOT NULL DEFAULT '',
    asked_model text NOT NULL DEFAULT '',
    max_cost_micros bigint NOT NULL DEFAULT 0,
    retry_of text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT '',
    attempt bigint NOT NULL DEFAULT 0,
    worker text NOT NULL DEFAULT '',
    provider text NOT NULL DEFAULT '',
    model text NOT NULL DEFAULT '',
    role_digest text NOT NULL DEFAULT '',
    context_digest text NOT NULL DEFAULT '',
    summary text NOT NULL DEFAULT '',
    files text[] NOT NULL DEFAULT '{}',
    tool_calls bigint NOT NULL DEFAULT 0,
    branch text NOT NULL DEFAULT '',
    commit_id text NOT NULL DEFAULT '',
    output text NOT NULL DEFAULT '',
    code text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cached_tokens bigint NOT NULL DEFAULT 0,
    cache_write_tokens bigint NOT NULL DEFAULT 0,
    cost_micros bigint NOT NULL DEFAULT 0,
    cost_unknown boolean NOT NULL DEFAULT false,
    duration_ms bigint NOT NULL DEFAULT 0,
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    version bigint NOT NULL DEFAULT 0
);

CREATE INDEX agent_runs_open ON agent_runs (project_id, task_id, role, md5(CASE WHEN task_id = '' THEN prompt ELSE '' END))
    WHERE status IN ('pending', 'running');
CREATE INDEX agent_runs_by_time ON agent_runs (project_id, created_at);
-- The key comes last, as in 0005: of two indexes that cost the same, Postgres takes the
-- one that was made last.
ALTER TABLE agent_runs ADD PRIMARY KEY (project_id, run_id);

CREATE TABLE handoffs (
    project_id uuid NOT NULL,
    handoff_id text COLLATE "C" NOT NULL,
    from_role text NOT NULL DEFAULT '',
    to_role text NOT NULL DEFAULT '',
    phase text NOT NULL DEFAULT '',
    task_id text NOT NULL DEFAULT '',
    run_id text NOT NULL DEFAULT '',
    deliverables text[] NOT NULL DEFAULT '{}',
    status text NOT NULL DEFAULT '',
    notes text NOT NULL DEFAULT '',
    created_by text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    version bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, handoff_id)
);

CREATE TABLE budgets (
    project_id uuid NOT NULL,
    scope text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    limit_micros bigint NOT NULL DEFAULT 0,
    action text NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    set_by text NOT NULL DEFAULT '',
    set_at timestamptz NOT NULL,
    exceeded_at timestamptz,
    exceeded_micros bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, scope, subject)
);

-- What follows is not in the log: how runs are worked at, from one moment to the
-- next.

-- Which of River's jobs works a run. It is held while what the run waits for is
-- not there; whatever frees it lets it go in the same transaction.
CREATE TABLE run_jobs (
    project_id uuid NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    job_id bigint NOT NULL,
    held boolean NOT NULL DEFAULT false,
    PRIMARY KEY (project_id, run_id)
);

CREATE UNIQUE INDEX run_jobs_by_job ON run_jobs (job_id);
CREATE INDEX run_jobs_held ON run_jobs (project_id) WHERE held;

-- The processes that work the queues. One that has not been seen for a while is
-- taken for dead, and what it was at is begun anew.
CREATE TABLE workers (
    worker_id text COLLATE "C" PRIMARY KEY,
    host text NOT NULL,
    pid bigint NOT NULL,
    program text NOT NULL,
    queues jsonb NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    draining boolean NOT NULL DEFAULT false
);

-- The turns of a run that are complete, so that another attempt goes on after
-- them.
CREATE TABLE run_turns (
    project_id uuid NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    turn bigint NOT NULL,
    attempt bigint NOT NULL,
    content bytea NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, run_id, turn)
);

-- What a run says while it is at it, in pieces as they came.
CREATE TABLE run_output (
    project_id uuid NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    piece bigint GENERATED ALWAYS AS IDENTITY,
    attempt bigint NOT NULL,
    kind text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, run_id, piece)
);

-- What each call of a model took.
CREATE TABLE run_spend (
    project_id uuid NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    call bigint GENERATED ALWAYS AS IDENTITY,
    attempt bigint NOT NULL,
    role text NOT NULL,
    task_id text NOT NULL,
    gate_id text NOT NULL,
    provider text NOT NULL,
    model text NOT NULL,
    input_tokens bigint NOT NULL,
    output_tokens bigint NOT NULL,
    cached_tokens bigint NOT NULL,
    cache_write_tokens bigint NOT NULL,
    cost_micros bigint NOT NULL,
    cost_unknown boolean NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (project_id, run_id, call)
);

CREATE INDEX run_spend_by_time ON run_spend (project_id, at);

-- What has been spent, by what budgets count over.
CREATE TABLE spend (
    project_id uuid NOT NULL,
    scope text COLLATE "C" NOT NULL,
    subject text COLLATE "C" NOT NULL,
    micros bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (project_id, scope, subject)
);

-- What is set aside for the call that a run is making.
CREATE TABLE spend_reserved (
    project_id uuid NOT NULL,
    run_id text COLLATE "C" NOT NULL,
    role text NOT NULL,
    task_id text NOT NULL,
    gate_id text NOT NULL,
    micros bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (project_id, run_id)
);
