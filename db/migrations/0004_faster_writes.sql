-- Assertions that cost a write more than they give. A write is one transaction
-- that inserts event and payload in one statement under the lock of the stream,
-- and `audit verify` finds an event whose payload or stream is missing.
ALTER TABLE events DROP CONSTRAINT events_project_id_fkey;
ALTER TABLE event_payloads DROP CONSTRAINT event_payloads_project_id_version_fkey;

-- The same rule as before, looked at without calling a function for each write.
DROP TRIGGER streams_only_grow ON streams;
CREATE TRIGGER streams_only_grow BEFORE UPDATE ON streams FOR EACH ROW
    WHEN (NEW.version <= OLD.version OR NEW.project_id <> OLD.project_id OR NEW.recorded_at < OLD.recorded_at)
    EXECUTE FUNCTION refuse_shrinking();
CREATE TRIGGER streams_stay BEFORE DELETE ON streams FOR EACH ROW EXECUTE FUNCTION refuse_shrinking();
ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_only_grow;
ALTER TABLE streams ENABLE ALWAYS TRIGGER streams_stay;
