-- Buses, rules and credentials in one table: they are written, versioned and kept alike.
CREATE TABLE definition (
    id VARCHAR(40) PRIMARY KEY,
    kind VARCHAR(12) NOT NULL,
    namespace VARCHAR(64) NOT NULL,
    name VARCHAR(64) NOT NULL,
    labels TEXT NOT NULL,
    -- What people wrote, JSON object.
    spec TEXT NOT NULL,
    -- What the admin keeps beside it, JSON object: how often targets were started again, how a bus was divided.
    state TEXT NOT NULL,
    revision BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (kind, namespace, name)
);
INSERT INTO definition (id, kind, namespace, name, labels, spec, state, revision, created_at, updated_at)
    SELECT id, 'RULE', namespace, name, labels, spec, '{}', revision, created_at, updated_at FROM rule_definition;

-- What a definition names: its bus, its credentials.
CREATE TABLE definition_use (
    definition_id VARCHAR(40) NOT NULL REFERENCES definition (id),
    kind VARCHAR(12) NOT NULL,
    name VARCHAR(64) NOT NULL,
    PRIMARY KEY (definition_id, kind, name)
);
CREATE INDEX definition_used ON definition_use (kind, name);
INSERT INTO definition_use (definition_id, kind, name) SELECT id, 'BUS', bus FROM rule_definition;

-- What it was at its newest revisions. Without secrets.
CREATE TABLE definition_revision (
    definition_id VARCHAR(40) NOT NULL REFERENCES definition (id),
    revision BIGINT NOT NULL,
    labels TEXT NOT NULL,
    spec TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (definition_id, revision)
);
INSERT INTO definition_revision (definition_id, revision, labels, spec, created_at)
    SELECT id, revision, labels, spec, updated_at FROM rule_definition;

DROP TABLE rule_definition;
