package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One resource as it stands in a file.
 *
 * @param origin file and number of the document in it
 * @param body metadata and spec, as the API takes them
 */
record Document(String origin, ResourceKind kind, String namespace, String name, ObjectNode body) {
    String path() {
        return AdminApi.path(kind.collection(), name);
    }

    /** As people call it. */
    String title() {
        return kind.word() + " " + name;
    }

    /** The same thing, whoever names it. */
    String key() {
        return kind + "/" + namespace + "/" + name;
    }
}
