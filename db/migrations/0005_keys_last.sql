-- Where there are no statistics yet, several indexes seem to cost the same, and
-- Postgres takes the one that was made last. With tasks_order that meant to look at
-- every task of the project to find one, until the first ANALYZE. So the primary
-- keys are made last.
ALTER TABLE tasks DROP CONSTRAINT tasks_pkey, ADD PRIMARY KEY (project_id, task_id);
ALTER TABLE task_dependencies DROP CONSTRAINT task_dependencies_pkey, ADD PRIMARY KEY (project_id, task_id, depends_on);
ALTER TABLE proofs DROP CONSTRAINT proofs_pkey, ADD PRIMARY KEY (project_id, proof_id);
ALTER TABLE notes DROP CONSTRAINT notes_pkey, ADD PRIMARY KEY (project_id, note_id);
ALTER TABLE events DROP CONSTRAINT events_pkey, ADD PRIMARY KEY (project_id, version);
