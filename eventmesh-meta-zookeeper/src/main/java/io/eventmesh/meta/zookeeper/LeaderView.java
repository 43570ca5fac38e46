package io.eventmesh.meta.zookeeper;

import io.eventmesh.spi.meta.MetaStore.Versioned;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Makes of the candidates of an election the value of the one who leads. On the session's thread. */
final class LeaderView implements Consumer<Map<String, Versioned>> {
    private static final String NOBODY = "";

    private final Consumer<Optional<byte[]>> listener;
    /** The node of the leader that was told, {@link #NOBODY}, or null before the first. */
    private @Nullable String told;

    LeaderView(Consumer<Optional<byte[]>> listener) {
        this.listener = listener;
    }

    @Override
    public void accept(Map<String, Versioned> candidates) {
        Optional<Map.Entry<String, Versioned>> leader = Candidacy.leader(candidates);
        String name = leader.map(Map.Entry::getKey).orElse(NOBODY);
        if (!name.equals(told)) {
            told = name;
            listener.accept(leader.map(entry -> entry.getValue().value()));
        }
    }
}
