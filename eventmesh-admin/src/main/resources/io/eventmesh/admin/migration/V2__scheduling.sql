-- What a connector is made of at each revision that may still be run or returned to.
CREATE TABLE connector_revision (
    connector_id VARCHAR(40) NOT NULL REFERENCES connector (id),
    rev BIGINT NOT NULL,
    topic VARCHAR(255) NOT NULL,
    config TEXT NOT NULL,
    tasks_max INT NOT NULL,
    plugin_version VARCHAR(100),
    status VARCHAR(10) NOT NULL,
    problem TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (connector_id, rev)
);
INSERT INTO connector_revision (connector_id, rev, topic, config, tasks_max, plugin_version, status, created_at)
    SELECT id, config_rev, topic, config, tasks_max, plugin_version, 'GOOD', updated_at FROM connector;

-- The newest revision under which a task ran; 0 for none.
ALTER TABLE connector ADD COLUMN good_rev BIGINT DEFAULT 0 NOT NULL;
UPDATE connector SET good_rev = config_rev;

-- What a person wants of one task: null is what its connector wants.
ALTER TABLE task ADD COLUMN desired VARCHAR(10);
-- Why the scheduler itself paused it; null when it did not.
ALTER TABLE task ADD COLUMN failure TEXT;
-- A right up to this epoch is given back once: for a restart, or to go to another runtime.
ALTER TABLE task ADD COLUMN restart_epoch BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE task ADD COLUMN move_epoch BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE task ADD COLUMN move_to VARCHAR(255);
ALTER TABLE task ADD COLUMN revision BIGINT DEFAULT 1 NOT NULL;

-- Wall time of the last move, so that a task is not moved again soon.
ALTER TABLE assignment ADD COLUMN moved_at BIGINT DEFAULT 0 NOT NULL;

ALTER TABLE runtime ADD COLUMN cordoned BOOLEAN DEFAULT FALSE NOT NULL;
ALTER TABLE runtime ADD COLUMN drain_wanted BOOLEAN DEFAULT FALSE NOT NULL;
ALTER TABLE runtime ADD COLUMN revision BIGINT DEFAULT 1 NOT NULL;
