package io.eventmesh.sdk.remote;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.security.LeaseTokens;
import io.eventmesh.spi.security.Principal;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Leases as a test says: all pass until one token is named that alone does. Thread-safe. */
final class TestLeases implements LeaseTokens {
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile @Nullable String only;

    /** From now on only this token passes. */
    void only(String token) {
        only = token;
    }

    /** The tokens of the calls that spoke for a task, as they came. */
    List<String> asked() {
        return List.copyOf(asked);
    }

    @Override
    public void check(Principal caller, ByteString token) {
        asked.add(token.toStringUtf8());
        if (only != null && !token.toStringUtf8().equals(only)) {
            throw new EventMeshException(ErrorCode.META_UNAVAILABLE, "lease: over (expected: renewed)");
        }
    }
}
