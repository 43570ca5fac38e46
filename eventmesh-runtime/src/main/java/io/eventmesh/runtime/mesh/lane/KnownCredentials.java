package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.proto.v1.CredentialDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.spi.target.Credential;
import io.eventmesh.spi.target.Credentials;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The credentials of the newest definitions. Thread-safe. */
public final class KnownCredentials implements Credentials {
    private record Key(String namespace, String name) {}

    private volatile Map<Key, Credential> all = Map.of();

    /** Takes the definitions as a whole: what is not in them is no more. */
    public void update(Definitions definitions) {
        Map<Key, Credential> read = new HashMap<>();
        for (CredentialDefinition each : definitions.getCredentialsList()) {
            read.put(
                    new Key(each.getNamespace(), each.getName()),
                    new Credential(each.getName(), each.getRevision(), each.getKind(), each.getSpec()));
        }
        all = Map.copyOf(read);
    }

    @Override
    public Optional<Credential> named(String namespace, String name) {
        return Optional.ofNullable(all.get(new Key(namespace, name)));
    }
}
