package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** A {@link GroupState} with a storage of its own around it, all on the test's thread and in the test's time. */
@NullUnmarked // a missing entry fails the test by itself
final class GroupHarness implements GroupEffects {
    static final DeliveryTerms TERMS = new DeliveryTerms(
            new RetryPolicy(3, Duration.ofMillis(100), 2, Duration.ofSeconds(30)), Duration.ofSeconds(5), true);
    static final DeliverySettings SETTINGS = new DeliverySettings(
            1_000, 1 << 20, 4, Duration.ofSeconds(10), 8, 4, 10, Duration.ofMillis(100), Duration.ofSeconds(30));

    private static final StreamName STREAM = new StreamName("default", "orders");

    record Parked(Parking.Ticket ticket, EventRecord record) {}

    record Dead(Position position, Cause cause, String exhausted, int offers) {}

    /** A member that keeps what it was offered until the test settles it. */
    final class Side implements Receiver {
        final MemberState member = new MemberState(this, null, "side");

        @Override
        public boolean keepsKeys() {
            return keepingKeys;
        }

        final List<Delivery> all = new ArrayList<>();
        final List<Delivery> open = new ArrayList<>();

        @Override
        public void deliver(Delivery delivery) {
            all.add(delivery);
            open.add(delivery);
            onDelivery.accept(this, delivery);
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {}

        List<String> ids() {
            return all.stream().map(delivery -> delivery.record().event().id()).toList();
        }

        void ack(Delivery delivery) {
            open.remove(delivery);
            state.ack(member, delivery.id());
            settle();
        }

        void ackAll() {
            while (!open.isEmpty()) {
                ack(open.get(0));
            }
        }

        void release(Delivery delivery, Duration delay) {
            open.remove(delivery);
            state.release(member, delivery.id(), delay, Cause.released("again"));
            settle();
        }

        void reject(Delivery delivery) {
            open.remove(delivery);
            state.reject(member, delivery.id(), Cause.rejected("never"));
            settle();
        }

        void leave() {
            open.clear();
            state.leave(member, true);
            settle();
        }

        void request(int events) {
            state.credit(member, events, 1L << 40);
            settle();
        }
    }

    interface OnDelivery {
        void accept(Side side, Delivery delivery);
    }

    interface OnCommit {
        void accept(StreamPartition partition, Progress progress);
    }

    final ManualTime time = new ManualTime();
    final List<StreamPartition> partitions = new ArrayList<>();
    final Map<StreamPartition, List<StoredRecord>> log = new HashMap<>();
    final Map<StreamPartition, Progress> committed = new HashMap<>();
    final Map<StreamPartition, Long> demand = new HashMap<>();
    final TreeMap<Position, Parked> parking = new TreeMap<>(
            Comparator.comparing((Position position) -> position.partition().index())
                    .thenComparing(Position::offset));
    final List<Dead> dead = new ArrayList<>();
    final Map<Happening, Integer> counts = new EnumMap<>(Happening.class);
    final Deque<Runnable> answers = new ArrayDeque<>();
    private final Map<String, Event> events = new HashMap<>();
    /** Answers whether the next call to the storage fails. */
    java.util.function.Predicate<String> fault = what -> false;

    /** What members that join from now on say. */
    boolean keepingKeys;

    OnDelivery onDelivery = (side, delivery) -> {};
    OnCommit onCommit = (partition, progress) -> {};

    private final DeliverySettings settings;
    private final DeliveryTerms terms;
    private final LaneRule lanes;
    private final TopicPattern pattern;
    EventFilter filter = EventFilter.ALL;
    private final Map<StreamPartition, Long> next = new HashMap<>();
    private final Random random;
    private long epoch;
    GroupState state;

    GroupHarness() {
        this(SETTINGS, TERMS, LaneRule.BY_KEY, 1, 1);
    }

    GroupHarness(String pattern) {
        this(SETTINGS, TERMS, LaneRule.BY_KEY, 1, 1, pattern);
    }

    GroupHarness(DeliverySettings settings, DeliveryTerms terms, LaneRule lanes, int partitionCount, long seed) {
        this(settings, terms, lanes, partitionCount, seed, "orders/+");
    }

    private GroupHarness(
            DeliverySettings settings,
            DeliveryTerms terms,
            LaneRule lanes,
            int partitionCount,
            long seed,
            String pattern) {
        this.settings = settings;
        this.terms = terms;
        this.lanes = lanes;
        this.pattern = TopicPattern.of(pattern);
        this.random = new Random(seed);
        for (int i = 0; i < partitionCount; i++) {
            StreamPartition partition = new StreamPartition(STREAM, i);
            partitions.add(partition);
            log.put(partition, new ArrayList<>());
            committed.put(partition, Progress.at(0));
        }
        state = newState();
    }

    private GroupState newState() {
        return new GroupState(
                new Wanted(pattern, terms, filter, lanes.isSettledByMember()),
                lanes,
                new Surroundings(settings, this, time, random));
    }

    /** Begins anew from what is stored, as after a crash. */
    void open() {
        answers.clear();
        demand.clear();
        state = newState();
        partitions.forEach(this::assign);
        settle();
    }

    void assign(StreamPartition partition) {
        demand.put(partition, 0L);
        next.put(partition, 0L);
        List<Parking.Ticket> tickets = parking.values().stream()
                .map(Parked::ticket)
                .filter(ticket -> ticket.position().partition().equals(partition))
                .toList();
        state.assigned(partition, ++epoch, committed.get(partition), tickets);
        epochs.put(partition, epoch);
    }

    final Map<StreamPartition, Long> epochs = new LinkedHashMap<>();

    Side join() {
        Side side = new Side();
        state.join(side.member);
        settle();
        return side;
    }

    Side join(int credit) {
        Side side = join();
        side.request(credit);
        return side;
    }

    Position publish(String id, @Nullable String key) {
        return publish(0, id, key, null, "orders/new");
    }

    Position publish(int partition, String id, @Nullable String key, @Nullable String target, String topic) {
        Event event = event(id);
        return publish(
                partition, new EventRecord(TopicName.of(topic), key, time.millis(), 0, target, null, null, 0, event));
    }

    Position publish(int partition, EventRecord record) {
        StreamPartition in = partitions.get(partition);
        List<StoredRecord> records = log.get(in);
        Position position = new Position(in, records.size());
        records.add(new StoredRecord(position, record));
        return position;
    }

    /** Publishes an event that is offered to nobody before then. */
    Position publishDelayed(String id, @Nullable String key, Duration delay) {
        return publish(0, record(id, key, "orders/new", time.millis() + delay.toMillis(), Map.of()));
    }

    /** Publishes an event that is worth nothing from then on. */
    Position publishExpiring(String id, @Nullable String key, Duration ttl) {
        Map<String, String> expiry =
                Map.of("expirytime", time.instant().plus(ttl).toString());
        return publish(0, record(id, key, "orders/new", 0, expiry));
    }

    EventRecord record(String id, @Nullable String key, String topic, long notBefore, Map<String, String> attributes) {
        return record(id, key, null, topic, notBefore, attributes);
    }

    EventRecord record(
            String id,
            @Nullable String key,
            @Nullable String target,
            String topic,
            long notBefore,
            Map<String, String> attributes) {
        Event event = event(id).with(attributes);
        return new EventRecord(TopicName.of(topic), key, time.millis(), 0, target, null, null, notBefore, event);
    }

    private Event event(String id) {
        return events.computeIfAbsent(
                id,
                unused -> Event.builder().id(id).source("/s").type("t").text(id).build());
    }

    /** Hands over what is asked for, and answers everything, until nothing moves. */
    void settle() {
        boolean moved = true;
        while (moved) {
            moved = !answers.isEmpty();
            while (!answers.isEmpty()) {
                answers.remove().run();
            }
            for (StreamPartition partition : partitions) {
                moved |= read(partition, Integer.MAX_VALUE);
            }
        }
    }

    boolean read(StreamPartition partition, int most) {
        List<StoredRecord> batch = new ArrayList<>();
        List<StoredRecord> records = log.get(partition);
        long at = next.getOrDefault(partition, 0L);
        while (demand.getOrDefault(partition, 0L) > 0 && at < records.size() && batch.size() < most) {
            StoredRecord record = records.get((int) at++);
            if (!committedAtOpen(partition).isDone(record.position().offset())) {
                demand.merge(partition, (long) -record.record().size(), Long::sum);
                batch.add(record);
            }
        }
        next.put(partition, at);
        if (!batch.isEmpty()) {
            state.records(partition, epochs.get(partition), batch);
        }
        return !batch.isEmpty();
    }

    /** A reader skips what was done when it was opened; what was read since is behind {@code next} anyway. */
    private Progress committedAtOpen(StreamPartition partition) {
        return committed.get(partition);
    }

    /** Moves time in steps, firing what is due. */
    void advance(Duration by) {
        long until = time.nanoTime() + by.toNanos();
        while (true) {
            long due = state.nextDueNanos();
            if (due > until) {
                break;
            }
            time.advance(Duration.ofNanos(Math.max(0, due - time.nanoTime())));
            state.fire();
            settle();
        }
        time.advance(Duration.ofNanos(until - time.nanoTime()));
    }

    private @Nullable EventMeshException failure(String what) {
        return fault.test(what) ? new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, what) : null;
    }

    @Override
    public void request(PartitionWindow window, long bytes) {
        demand.merge(window.partition, bytes, Long::sum);
    }

    @Override
    public void commit(PartitionWindow window, Progress progress) {
        EventMeshException failure = failure("commit");
        if (failure == null) {
            onCommit.accept(window.partition, progress);
            if (progress.watermark() >= committed.get(window.partition).watermark()) {
                committed.put(window.partition, progress);
            }
        }
        GroupState asking = state;
        answers.add(() -> asking.committed(window, failure));
    }

    @Override
    public void park(Entry entry) {
        EventMeshException failure = failure("park");
        if (failure == null) {
            EventRecord record = entry.parked ? parking.get(entry.position).record() : entry.requireRecord();
            parking.put(
                    entry.position,
                    new Parked(
                            new Parking.Ticket(
                                    entry.position,
                                    entry.laneName,
                                    entry.failures,
                                    entry.firstOfferMillis,
                                    entry.dueMillis,
                                    entry.cause.text()),
                            record));
        }
        GroupState asking = state;
        answers.add(() -> asking.parked(entry, failure));
    }

    @Override
    public void unpark(Entry entry) {
        parking.remove(entry.position);
    }

    @Override
    public void load(Entry entry) {
        EventMeshException failure = failure("load");
        Parked parked = parking.get(entry.position);
        GroupState asking = state;
        if (failure == null && parked == null) {
            answers.add(() -> asking.loaded(entry, null, new EventMeshException(ErrorCode.NOT_FOUND, "gone")));
        } else {
            answers.add(() -> asking.loaded(entry, failure == null ? parked.record() : null, failure));
        }
    }

    @Override
    public void bury(Entry entry) {
        EventMeshException failure = failure("bury");
        if (failure == null) {
            dead.add(new Dead(entry.position, entry.cause, entry.exhausted, entry.offers));
        }
        GroupState asking = state;
        answers.add(() -> asking.buried(entry, failure));
    }

    @Override
    public void count(Happening what) {
        counts.merge(what, 1, Integer::sum);
    }
}
