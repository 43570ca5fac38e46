package io.eventmesh.admin;

import io.eventmesh.admin.database.Database;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The claim of the one admin that may use H2, visible to the whole cluster: two admins on two H2 files would each lead
 * their own half of the truth. An admin on PostgreSQL claims nothing, but respects the claim.
 */
final class DatabaseOwnership implements AutoCloseable {
    private static final int SECONDS = 10;

    private final MetaStore meta;
    private final String runtime;
    private final String incarnation;
    private final boolean claims;
    private MetaStore.@Nullable Registration registration;

    DatabaseOwnership(MetaStore meta, String runtime, String incarnation, boolean claims) {
        this.meta = meta;
        this.runtime = runtime;
        this.incarnation = incarnation;
        this.claims = claims;
    }

    /** @throws EventMeshException DATABASE_OWNED when another runtime's claim stands, META_UNAVAILABLE */
    void take() {
        refuseOther(await(meta.get(MetaPaths.DATABASE_OWNER)));
        if (claims) {
            byte[] value = (runtime + "\n" + incarnation).getBytes(StandardCharsets.UTF_8);
            registration = await(meta.register(MetaPaths.DATABASE_OWNER, value));
            // two that began at the same moment see one of them here
            refuseOther(await(meta.get(MetaPaths.DATABASE_OWNER)));
        }
    }

    private void refuseOther(Optional<MetaStore.Versioned> claim) {
        if (claim.isPresent()) {
            String owner = new String(claim.get().value(), StandardCharsets.UTF_8).split("\n", -1)[0];
            if (!owner.equals(runtime)) {
                throw Database.owned("the admin of runtime '%s' uses H2 in this cluster".formatted(owner));
            }
        }
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw EventMeshException.of(failure);
        } catch (TimeoutException late) {
            throw new EventMeshException(
                    ErrorCode.META_UNAVAILABLE,
                    "meta store: no answer (expected: within %d s)".formatted(SECONDS),
                    late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }

    @Override
    public void close() {
        MetaStore.Registration claim = registration;
        registration = null;
        if (claim != null) {
            claim.close();
        }
    }
}
