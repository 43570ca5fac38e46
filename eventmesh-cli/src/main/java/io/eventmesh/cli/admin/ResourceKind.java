package io.eventmesh.cli.admin;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What can stand in files, in the order in which it is applied: what others name comes first. */
enum ResourceKind {
    BUS("Bus", "buses"),
    CREDENTIAL("Credential", "credentials"),
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

    /** All of them as in {@code kind:}, for messages. */
    static String words() {
        return Arrays.stream(values()).map(ResourceKind::word).collect(Collectors.joining(", "));
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
