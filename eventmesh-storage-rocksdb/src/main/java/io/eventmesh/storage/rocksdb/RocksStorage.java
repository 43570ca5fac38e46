package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps everything on the disk of one machine, in RocksDB, and answers when the disk has it.
 *
 * <p>Thread-safe. States: new → running → closed. While it runs it may break: a write that failed leaves the disk in
 * doubt, so that nothing is acked any more. After a full disk it opens itself anew once there is room; after any other
 * failure only a restart helps.
 */
public final class RocksStorage implements Storage {
    private static final Logger log = LoggerFactory.getLogger(RocksStorage.class);

    private final Path directory;
    private final RocksStorageConfig config;
    private final MeshClock clock;
    private final OpenStorage.Parts parts;
    private final Reopening reopening;
    private final Parking parking = new CurrentParking(this);
    private volatile @Nullable OpenStorage open;
    private volatile boolean started;
    private volatile boolean closed;

    /** @param directory of its own */
    public RocksStorage(RocksStorageConfig config, MeshClock clock, Path directory) {
        this(config, clock, directory, RecordChecksum.CRC32C, Journal.WRITE_AHEAD_LOG);
    }

    /**
     * With parts that a test substitutes.
     *
     * @param checksum over each stored record
     * @param journal what makes batches durable
     */
    public RocksStorage(
            RocksStorageConfig config, MeshClock clock, Path directory, RecordChecksum checksum, Journal journal) {
        this(
                config,
                clock,
                directory,
                checksum,
                journal,
                () -> directory.toFile().getUsableSpace());
    }

    RocksStorage(
            RocksStorageConfig config,
            MeshClock clock,
            Path directory,
            RecordChecksum checksum,
            Journal journal,
            LongSupplier usableBytes) {
        this.config = config;
        this.clock = clock;
        this.directory = directory;
        DiskRoom disk = new DiskRoom(usableBytes, config.minFreeBytes().bytes(), clock);
        this.parts = new OpenStorage.Parts(checksum, journal, disk);
        this.reopening = new Reopening(this, disk);
    }

    @Override
    public String name() {
        return "storage-rocksdb";
    }

    @Override
    public void start() {
        if (started) {
            throw new IllegalStateException("state: started (expected: new)");
        }
        started = true;
        long before = clock.nanoTime();
        OpenStorage opened = open();
        log.info(
                "RocksDB storage is durable: streams, groups, progress and parked events outlive {}. streams={} groups={} bytes={} openMs={} nativeBytes={}",
                config.durability() == RocksStorageConfig.Sync.FSYNC ? "the machine's power" : "the process",
                opened.catalog().streams().size(),
                opened.catalog().groups().size(),
                opened.store().used(),
                (clock.nanoTime() - before) / 1_000_000,
                nativeBytes());
    }

    /** Opens the data anew, unless the storage was closed meanwhile. */
    OpenStorage open() {
        OpenStorage opened = new OpenStorage(directory, config, clock, parts, this::broke);
        String leftOut = opened.leftOut();
        if (!leftOut.isEmpty()) {
            log.warn(
                    "Recovery left bytes of the write-ahead log out; at its end that is a write nobody was told of. cause={}",
                    leftOut);
        }
        synchronized (this) {
            if (!closed) {
                open = opened;
                return opened;
            }
        }
        opened.close();
        return opened;
    }

    /** On the writing thread. */
    private void broke(Exception cause) {
        if (Failures.isNoSpace(cause)) {
            log.warn("Disk is full, nothing can be stored until there is room. cause={}", Failures.text(cause));
            reopening.begin();
        } else {
            log.error(
                    "Write to the disk failed: nothing is stored any more until a restart. cause={}",
                    Failures.text(cause));
        }
    }

    /** Takes the open data away, to be closed by the caller. */
    synchronized @Nullable OpenStorage takeOpen() {
        OpenStorage taken = open;
        open = null;
        return taken;
    }

    private long nativeBytes() {
        return config.blockCache().bytes() + 3 * config.writeBuffer().bytes() + (40L << 20);
    }

    @Override
    public Health health() {
        OpenStorage current = open;
        if (current == null || closed) {
            return Health.down(closed ? "closed" : started ? "opening anew" : "not started");
        }
        EventMeshException unavailable = current.unavailable();
        if (unavailable != null) {
            return Health.down(unavailable.reason());
        }
        DiskRoom disk = parts.disk();
        if (disk.isScarce()) {
            return Health.degraded("disk full: publishers are refused; %s bytes free, %s are kept"
                    .formatted(disk.free(), disk.minFree()));
        }
        if (!current.damage().isEmpty()) {
            return Health.degraded("stored bytes are damaged and left out: " + current.damage());
        }
        return Health.up("durable (%s); %s of %s bytes used"
                .formatted(durability(), current.store().used(), current.store().limit()));
    }

    @Override
    public void close() {
        OpenStorage current;
        synchronized (this) {
            closed = true;
            current = open;
        }
        reopening.close();
        if (current != null) {
            current.close();
        }
    }

    @Override
    public Durability durability() {
        return switch (config.durability()) {
            case FSYNC -> Durability.FSYNC;
            case OS -> Durability.OS;
        };
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of(Capability.BOUNDED, Capability.PERSISTENT);
    }

    @Override
    public CompletionStage<Void> createStream(StreamName stream, StreamSettings settings) {
        return with(current -> current.catalog().createStream(stream, settings));
    }

    @Override
    public Optional<StreamInfo> stream(StreamName stream) {
        OpenStorage current = required();
        return Optional.ofNullable(current.catalog().find(stream)).map(found -> info(current, found));
    }

    @Override
    public List<StreamInfo> streams() {
        OpenStorage current = required();
        return current.catalog().streams().stream()
                .map(stream -> info(current, stream))
                .toList();
    }

    @Override
    public CompletionStage<Void> deleteStream(StreamName stream) {
        return with(current -> current.catalog().deleteStream(stream));
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return with(current -> current.purge(stream));
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxRecords, long maxBytes) {
        return with(current -> current.peek(partition, from, maxRecords, maxBytes));
    }

    @Override
    public List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread) {
        OpenStorage current = open;
        if (current == null || closed) {
            EventMeshException why = unavailable();
            return records.stream()
                    .map(record -> CompletableFuture.<Position>failedStage(why))
                    .toList();
        }
        return current.append(stream, records, spread);
    }

    @Override
    public CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        return with(current -> current.createGroup(group, streams, terms, start));
    }

    @Override
    public CompletionStage<Void> createPassingGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms) {
        return with(current -> current.catalog().createPassingGroup(group, streams, terms));
    }

    @Override
    public CompletionStage<Void> alterGroup(SubscriptionName group, DeliveryTerms terms) {
        return with(current -> current.catalog().alterGroup(group, terms));
    }

    @Override
    public CompletionStage<Void> pauseGroup(SubscriptionName group, boolean paused) {
        return with(current -> current.catalog().pauseGroup(group, paused));
    }

    @Override
    public Optional<GroupInfo> group(SubscriptionName group) {
        return required().catalog().group(group).map(Group::info);
    }

    @Override
    public List<GroupInfo> groups() {
        return required().catalog().groups().stream().map(Group::info).toList();
    }

    @Override
    public CompletionStage<Void> moveGroup(SubscriptionName group, Start start) {
        return with(current -> current.moveGroup(group, start));
    }

    @Override
    public CompletionStage<Void> deleteGroup(SubscriptionName group) {
        return with(current -> current.catalog().deleteGroup(group));
    }

    @Override
    public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener) {
        return with(
                current -> CompletableFuture.completedStage(current.catalog().openReader(group, listener)));
    }

    @Override
    public Parking parking() {
        return parking;
    }

    private static StreamInfo info(OpenStorage current, LogStream stream) {
        current.expire(stream);
        return stream.info();
    }

    /** Does a step on the open data; what is refused becomes a failed stage. */
    <T> CompletionStage<T> with(Function<OpenStorage, CompletionStage<T>> step) {
        try {
            return step.apply(required());
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private OpenStorage required() {
        OpenStorage current = open;
        if (current == null || closed) {
            throw unavailable();
        }
        current.requireRunning();
        return current;
    }

    private EventMeshException unavailable() {
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                "rocksdb storage: %s (expected: running)"
                        .formatted(closed ? "closed" : started ? "opening anew" : "not started"));
    }
}
