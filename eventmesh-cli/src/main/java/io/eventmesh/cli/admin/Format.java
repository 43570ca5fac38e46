package io.eventmesh.cli.admin;

/** How answers are printed. */
enum Format {
    /** For people. */
    TABLE,
    JSON,
    YAML
}
