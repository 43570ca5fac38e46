package io.eventmesh.admin.database;

/**
 * A definition as stored.
 *
 * @param labels JSON object
 * @param spec what people wrote, JSON object; of a credential with its secrets
 * @param state what the admin keeps beside it, JSON object
 * @param revision raised with every change; 0 for what is there without anybody having written it
 */
public record DefinitionRow(
        String id,
        DefinitionKind kind,
        String namespace,
        String name,
        String labels,
        String spec,
        String state,
        long revision,
        long createdMillis,
        long updatedMillis) {
    /** The next revision. */
    public DefinitionRow next(String otherLabels, String otherSpec, String otherState, long nowMillis) {
        return new DefinitionRow(
                id,
                kind,
                namespace,
                name,
                otherLabels,
                otherSpec,
                otherState,
                revision + 1,
                revision == 0 ? nowMillis : createdMillis,
                nowMillis);
    }

    /** Whether somebody wrote it. */
    public boolean isStored() {
        return revision > 0;
    }

    /** Without the specification, which may hold secrets. */
    @Override
    public String toString() {
        return "%s %s:%s@%d".formatted(kind.word(), namespace, name, revision);
    }
}
