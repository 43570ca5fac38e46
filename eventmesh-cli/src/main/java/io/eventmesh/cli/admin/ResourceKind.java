package io.eventmesh.cli.admin;

import java.util.Arrays;
import java.util.Optional;

/** What can stand in files, in the order in which it is applied. */
enum ResourceKind {
    CONNECTOR("Connector", "connectors"),
    RULE("Rule", "rules");

    private final String word;
    private final String collection;

    ResourceKind(String word, String collection) {
        this.word = word;
        this.collection = collection;
    }

    static Optional<ResourceKind> of(String word) {
        return Arrays.stream(values()).filter(kind -> kind.word.equals(word)).findFirst();
    }

    /** As in {@code kind:}. */
    String word() {
        return word;
    }

    /** As in the API's paths. */
    String collection() {
        return collection;
    }
}
