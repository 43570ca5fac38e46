-- What a connector's tasks do with events and failures: JSON object with filter, transforms, restartPolicy, deadLetter.
ALTER TABLE connector ADD COLUMN handling TEXT DEFAULT '{}' NOT NULL;
ALTER TABLE connector_revision ADD COLUMN handling TEXT DEFAULT '{}' NOT NULL;
-- How long a task may take to finish what is in flight; 0 for the runtime's own bound.
ALTER TABLE connector ADD COLUMN drain_ms BIGINT DEFAULT 0 NOT NULL;
-- The same for all tasks of a runtime that an operator drains.
ALTER TABLE runtime ADD COLUMN drain_ms BIGINT DEFAULT 0 NOT NULL;
-- The newest failure for which the scheduler paused a task: the right under which it happened, and its number there.
ALTER TABLE task ADD COLUMN breaker_epoch BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE task ADD COLUMN breaker_seq BIGINT DEFAULT 0 NOT NULL;
-- What was wrong with what was stored nevertheless; null for nothing.
ALTER TABLE connector ADD COLUMN invalid TEXT;

ALTER TABLE connector DROP COLUMN dead_letter;
ALTER TABLE connector DROP COLUMN restart_policy;
ALTER TABLE connector DROP COLUMN rev_status;
ALTER TABLE task DROP COLUMN config;
