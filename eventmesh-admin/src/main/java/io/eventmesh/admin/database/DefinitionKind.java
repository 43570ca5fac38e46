package io.eventmesh.admin.database;

/** What people define for events to go by. */
public enum DefinitionKind {
    BUS("bus", "buses"),
    CREDENTIAL("credential", "credentials"),
    RULE("rule", "rules");

    private final String word;
    private final String collection;

    DefinitionKind(String word, String collection) {
        this.word = word;
        this.collection = collection;
    }

    /** As in messages. */
    public String word() {
        return word;
    }

    /** As in paths. */
    public String collection() {
        return collection;
    }
}
