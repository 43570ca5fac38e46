package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable.Use;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.rules.spec.CredentialSpec;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.Section;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Credentials. Their secrets are stored and told to mesh runtimes, and leave the admin in no other way. */
final class CredentialType implements Definition<CredentialSpec> {
    @Override
    public DefinitionKind kind() {
        return DefinitionKind.CREDENTIAL;
    }

    @Override
    public ErrorCode refusal() {
        return ErrorCode.REQUEST_INVALID;
    }

    @Override
    public CredentialSpec parse(Section spec) {
        return CredentialSpec.read(spec);
    }

    @Override
    public CredentialSpec complete(
            Handle handle, String namespace, CredentialSpec spec, Optional<DefinitionRow> old, List<Field> problems) {
        return spec.over(old.map(row -> DefinitionStore.read(this, row)), problems);
    }

    @Override
    public void require(Handle handle, DefinitionRow row, CredentialSpec spec, List<Field> problems) {
        // rules that use it were checked against its kind; a target that cannot use another kind says so by its state
    }

    @Override
    public ObjectNode stored(CredentialSpec spec) {
        return spec.json();
    }

    @Override
    public ObjectNode shown(DefinitionRow row) {
        return DefinitionStore.read(this, row).shown();
    }

    @Override
    public String state(@Nullable DefinitionRow old, CredentialSpec spec, long nowMillis) {
        return "{}";
    }

    @Override
    public Set<Use> uses(CredentialSpec spec) {
        return Set.of();
    }

    @Override
    public List<Change.Effect> effects(DefinitionRow row) {
        return List.of(new Change.Effect("credential/" + row.name(), Change.Effect.Kind.HOT));
    }
}
