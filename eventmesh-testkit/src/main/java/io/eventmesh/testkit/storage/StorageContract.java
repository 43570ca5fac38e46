package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * What the storage contracts have in common. A plugin extends the three contracts and says how its storage is made.
 */
abstract class StorageContract {
    /**
     * The bounds a test needs.
     *
     * @param maxBytes of the store and of each stream
     * @param maxLag in events, beyond which a group that acks nothing is cut off where the storage does that
     * @param stallAfter how long it must have acked nothing
     */
    public record Bounds(long maxBytes, long maxLag, Duration stallAfter) {
        /** Wide enough for every test that is not about bounds. */
        public static final Bounds WIDE = new Bounds(16 << 20, 100_000, Duration.ofSeconds(30));
    }

    protected static final StreamName ORDERS = new StreamName("default", "orders");
    protected static final StreamName BILLS = new StreamName("default", "bills");
    protected static final SubscriptionName GROUP = group("group");
    protected static final StreamPartition FIRST = new StreamPartition(ORDERS, 0);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    protected final ManualTime clock = new ManualTime();
    protected final RecordFixture orders = RecordFixture.of(ORDERS, clock);
    private final List<Storage> made = new ArrayList<>();

    /** The storage under test, started. */
    @SuppressWarnings("NullAway.Init")
    protected Storage storage;

    /**
     * Makes the storage without starting it. Every call in one test means the same place: a persistent storage finds
     * there what an earlier one left.
     */
    protected abstract Storage create(MeshClock clock, Bounds bounds);

    @BeforeEach
    void open() {
        storage = started(Bounds.WIDE);
    }

    @AfterEach
    void closeAll() {
        made.forEach(Storage::close);
    }

    protected final Storage made(Bounds bounds) {
        Storage next = create(clock, bounds);
        made.add(next);
        return next;
    }

    protected final Storage started(Bounds bounds) {
        Storage next = made(bounds);
        next.start();
        return next;
    }

    /** Closes the storage and opens it again at the same place. */
    protected final void reopen() {
        storage.close();
        storage = started(Bounds.WIDE);
    }

    protected final boolean can(Capability capability) {
        return storage.capabilities().contains(capability);
    }

    protected static SubscriptionName group(String name) {
        return new SubscriptionName("default", name, TopicPattern.of("orders"));
    }

    protected static Progress at(long watermark) {
        return Progress.at(watermark);
    }

    protected final void stream(StreamName name, int partitions) {
        await(storage.createStream(name, new StreamSettings(partitions)));
    }

    protected final void group(SubscriptionName name, Start start) {
        await(storage.createGroup(name, Set.of(ORDERS), DeliveryTerms.DEFAULT, start));
    }

    /** A reader to which all partitions of its group are assigned; a shared storage may take its time for that. */
    protected final GroupReader reader(SubscriptionName name, GroupReader.Listener listener) {
        AssignedListener counting = new AssignedListener(listener);
        GroupReader reader = await(storage.openReader(name, counting));
        Set<StreamPartition> all =
                storage.group(name).map(info -> info.progress().keySet()).orElse(Set.of());
        eventually(() -> assertThat(counting.assigned()).containsAll(all));
        return reader;
    }

    /** Reads a group's first partition from its progress until there are at least so many records. */
    protected final List<String> idsOf(SubscriptionName group, int count) {
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(group, listener);
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).hasSizeGreaterThanOrEqualTo(count));
        reader.close();
        return listener.ids();
    }

    /** Appends a record of each id to the stream {@code orders}, without a key, to one partition. */
    protected final List<Position> append(String... ids) {
        List<EventRecord> records = new ArrayList<>();
        for (String id : ids) {
            records.add(orders.record(id));
        }
        return append(records);
    }

    protected final List<Position> append(List<EventRecord> records) {
        return storage.append(ORDERS, records, 0).stream()
                .map(StorageContract::await)
                .toList();
    }

    protected static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw EventMeshException.of(failed);
        } catch (TimeoutException late) {
            throw new AssertionError("no answer within " + PATIENCE, late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", interrupted);
        }
    }

    protected static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(2)).untilAsserted(assertion);
    }

    /** The code by which the stage fails. */
    protected static ErrorCode refusal(CompletionStage<?> stage) {
        return refusal(() -> await(stage));
    }

    protected static ErrorCode refusal(ThrowingCallable call) {
        ErrorCode[] code = new ErrorCode[1];
        assertThatThrownBy(call).isInstanceOfSatisfying(EventMeshException.class, refused -> code[0] = refused.code());
        assertThat(code[0]).isNotNull();
        return code[0];
    }
}
