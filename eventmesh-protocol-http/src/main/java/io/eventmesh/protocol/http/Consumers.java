package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.mesh.CallContext;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The consumers of a door, by their tokens, up to a bound. Thread-safe. */
final class Consumers {
    private final int max;
    private final Supplier<String> tokens;
    private final Map<String, Consumer> byToken = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** @param tokens makes tokens that nobody can guess, of characters that stand in a header and a path as they are */
    Consumers(int max, Supplier<String> tokens) {
        this.max = max;
        this.tokens = tokens;
    }

    /** A token for a consumer that is about to be made. */
    String newToken() {
        requireOpen();
        return tokens.get();
    }

    /** @throws EventMeshException QUOTA_EXCEEDED, or SHUTTING_DOWN */
    void add(Consumer consumer) {
        if (byToken.size() >= max) {
            throw new EventMeshException(
                    ErrorCode.QUOTA_EXCEEDED,
                    "consumers: %d (expected: at most %d)".formatted(byToken.size() + 1, max));
        }
        byToken.put(consumer.token(), consumer);
        if (closed) {
            byToken.remove(consumer.token());
            requireOpen();
        }
    }

    void remove(Consumer consumer) {
        byToken.remove(consumer.token());
    }

    /** The caller's consumer of that token. */
    Optional<Consumer> find(String token, CallContext caller) {
        Consumer found = byToken.get(token);
        return found != null && found.owner().principal().equals(caller.principal())
                ? Optional.of(found)
                : Optional.empty();
    }

    /**
     * The caller's session of that token.
     *
     * @throws EventMeshException NOT_FOUND
     */
    PollSession session(String token, CallContext caller) {
        if (find(token, caller).orElse(null) instanceof PollSession session
                && session.owner().namespace().equals(caller.namespace())) {
            return session;
        }
        throw new EventMeshException(
                ErrorCode.NOT_FOUND,
                "session: '%s' (expected: one that this caller opened and that has not ended)"
                        .formatted(Names.shown(token)));
    }

    int size() {
        return byToken.size();
    }

    /** Admits nobody any more and ends all. */
    void close() {
        closed = true;
        EventMeshException cause = new EventMeshException(ErrorCode.SHUTTING_DOWN, "the runtime drains");
        List.copyOf(byToken.values()).forEach(consumer -> consumer.end(cause));
    }

    private void requireOpen() {
        if (closed) {
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "the runtime drains");
        }
    }
}
