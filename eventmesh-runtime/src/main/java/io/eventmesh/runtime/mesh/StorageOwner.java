package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right of one runtime to serve node-local storage: a lock on a file of the data directory, which the same machine
 * sees at once, and an entry in the meta store, which every machine sees.
 *
 * <p>An entry of another runtime may be what a killed process left behind: it is waited for as long as a session lasts.
 */
final class StorageOwner implements Component {
    private static final Logger log = LoggerFactory.getLogger(StorageOwner.class);
    private static final Duration ANSWER = Duration.ofSeconds(15);

    private final String runtimeId;
    private final String storageType;
    private final Path lockFile;
    private final MetaStore meta;
    private final Duration oldSession;
    private @Nullable FileChannel channel;
    private MetaStore.@Nullable Registration registration;
    private MetaStore.@Nullable Handle watch;
    private volatile @Nullable String usurper;

    /** @param oldSession how long the entry of a process that is gone may still stand */
    StorageOwner(String runtimeId, String storageType, Path dataDirectory, MetaStore meta, Duration oldSession) {
        this.runtimeId = runtimeId;
        this.storageType = storageType;
        this.lockFile = dataDirectory.resolve("storage.lock");
        this.meta = meta;
        this.oldSession = oldSession;
    }

    @Override
    public String name() {
        return "storage-owner";
    }

    @Override
    public void start() {
        try {
            lock();
            waitForOthers();
            byte[] own = runtimeId.getBytes(StandardCharsets.UTF_8);
            registration = Waits.await(meta.register(MetaPaths.STORAGE_OWNER, own), ANSWER, "the meta store");
            watch = meta.watch(directory(), this::seen);
        } catch (RuntimeException refused) {
            close();
            throw refused;
        }
    }

    private void lock() {
        try {
            Files.createDirectories(lockFile.toAbsolutePath().getParent());
            FileChannel opened = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel = opened;
            FileLock lock = opened.tryLock();
            if (lock == null) {
                throw owned("another process on this machine");
            }
        } catch (OverlappingFileLockException taken) {
            throw owned("another runtime of this process");
        } catch (IOException failure) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL, "data directory: cannot be locked (expected: writable)", failure);
        }
    }

    private void waitForOthers() {
        CompletableFuture<Void> free = new CompletableFuture<>();
        CompletableFuture<String> found = new CompletableFuture<>();
        MetaStore.Handle waiting = meta.watch(directory(), values -> {
            String owner = owner(values);
            if (owner == null || owner.equals(runtimeId)) {
                free.complete(null);
            } else if (found.complete(owner)) {
                log.info("Storage has another owner, waiting for it to go. owner={}", owner);
            }
        });
        try {
            Waits.awaitOrTimeout(free, oldSession);
        } catch (TimeoutException stillThere) {
            throw owned("runtime '%s'".formatted(found.getNow("unknown")));
        } finally {
            waiting.close();
        }
    }

    private void seen(Map<String, MetaStore.Versioned> values) {
        String owner = owner(values);
        if (owner != null && !owner.equals(runtimeId) && usurper == null) {
            usurper = owner;
            log.error("Another runtime serves storage of its own in this cluster. owner={} self={}", owner, runtimeId);
        }
    }

    private static @Nullable String owner(Map<String, MetaStore.Versioned> values) {
        String leaf = MetaPaths.STORAGE_OWNER.substring(MetaPaths.STORAGE_OWNER.lastIndexOf('/') + 1);
        MetaStore.Versioned value = values.get(leaf);
        return value == null ? null : new String(value.value(), StandardCharsets.UTF_8);
    }

    private static String directory() {
        return MetaPaths.STORAGE_OWNER.substring(0, MetaPaths.STORAGE_OWNER.lastIndexOf('/'));
    }

    private EventMeshException owned(String by) {
        return new EventMeshException(
                ErrorCode.STORAGE_OWNED,
                ("storage.type: '%s' keeps events on one node and is served by %s "
                                + "(expected: one mesh runtime, or a storage that several share)")
                        .formatted(storageType, by));
    }

    @Override
    public Health health() {
        String other = usurper;
        return other == null ? Health.up() : Health.degraded("runtime '%s' serves storage of its own".formatted(other));
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.close();
            watch = null;
        }
        if (registration != null) {
            registration.close();
            registration = null;
        }
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException failure) {
                log.debug("Lock file did not close cleanly. error={}", failure.toString());
            }
            channel = null;
        }
    }
}
