package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable.Use;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.Section;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * What one kind of definition has of its own. Stateless apart from what it is made with; thread-safe.
 *
 * @param <S> the specification, read
 */
interface Definition<S> {
    DefinitionKind kind();

    /** What a wrong specification is refused with. */
    ErrorCode refusal();

    /** Reads a specification; whatever is wrong is added to the section's problems. */
    S parse(Section spec);

    /** Checks it as far as nothing else that is stored matters. */
    default void check(String namespace, String name, S spec, List<Field> problems) {
        // whatever can be wrong was found when it was read
    }

    /**
     * What is missing in a specification is taken from elsewhere: from what was stored before, or from other definitions.
     * What others lack is a problem.
     */
    default S complete(Handle handle, String namespace, S spec, Optional<DefinitionRow> old, List<Field> problems) {
        return spec;
    }

    /** What must hold among definitions once this one is stored, checked in the transaction that stores it. */
    void require(Handle handle, DefinitionRow row, S spec, List<Field> problems);

    /** As it is stored. */
    ObjectNode stored(S spec);

    /** As it is shown, of what is stored. */
    ObjectNode shown(DefinitionRow row);

    /** What the admin keeps beside it, when it is stored now. */
    String state(@Nullable DefinitionRow old, S spec, long nowMillis);

    Set<Use> uses(S spec);

    /** What something that runs notices of a change. */
    List<Change.Effect> effects(DefinitionRow row);

    /** What is there without anybody having written it. */
    default Optional<DefinitionRow> given(String namespace, String name) {
        return Optional.empty();
    }
}
