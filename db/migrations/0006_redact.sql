-- A payload may be replaced if, and only if, the log says so: a PayloadRedacted
-- event of the same transaction names the event, the payload that was there and
-- the one that takes its place. Whoever replaces one thereby shows that.
CREATE FUNCTION refuse_silent_change() RETURNS trigger LANGUAGE plpgsql SET search_path = layercake, pg_temp AS $$
BEGIN
    IF NEW.project_id = OLD.project_id AND NEW.version = OLD.version AND EXISTS (
        SELECT FROM layercake.events e JOIN layercake.event_payloads p USING (project_id, version)
        WHERE e.project_id = OLD.project_id AND e.version > OLD.version AND e.type = 'PayloadRedacted'
          AND e.xmin = pg_current_xact_id()::xid
          AND p.payload ->> 'version' = OLD.version::text
          AND p.payload ->> 'old_hash' = encode(sha256(convert_to(OLD.payload::text, 'UTF8')), 'hex')
          AND p.payload ->> 'new_hash' = encode(sha256(convert_to(NEW.payload::text, 'UTF8')), 'hex')
    ) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the event log is append-only: % on % is refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

DROP TRIGGER event_payloads_append_only ON event_payloads;
CREATE TRIGGER event_payloads_append_only BEFORE DELETE ON event_payloads
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_payloads_redacted_only BEFORE UPDATE ON event_payloads
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_change();
ALTER TABLE event_payloads ENABLE ALWAYS TRIGGER event_payloads_append_only;
ALTER TABLE event_payloads ENABLE ALWAYS TRIGGER event_payloads_redacted_only;

-- For roles that may only append: with it they can redact, and nothing else.
CREATE FUNCTION redact_payload(stream uuid, at bigint, replacement json) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = layercake, pg_temp AS $$
    UPDATE layercake.event_payloads SET payload = replacement WHERE project_id = stream AND version = at
$$;
REVOKE ALL ON FUNCTION redact_payload(uuid, bigint, json) FROM PUBLIC;
