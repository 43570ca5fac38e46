package io.eventmesh.runtime.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.runtime.delivery.GroupHarness.Side;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.NullUnmarked;
import org.jspecify.annotations.Nullable;

/** One random life of a group, checked at each step against what is promised. */
@NullUnmarked // a missing entry fails the test by itself
final class GroupSimulation {
    private static final int STEPS = 120;
    private static final Duration ACK_TIMEOUT = Duration.ofSeconds(3);
    private static final DeliverySettings SETTINGS = new DeliverySettings(
            24, 8 << 10, 3, Duration.ofSeconds(2), 3, 3, 5, Duration.ofMillis(100), Duration.ofSeconds(30));
    private static final DeliveryTerms TERMS =
            new DeliveryTerms(new RetryPolicy(3, Duration.ofMillis(200), 4, Duration.ofSeconds(10)), ACK_TIMEOUT, true);

    /** What all lives together saw, so that a simulation in which nothing happens is noticed. */
    static final class Totals {
        long events;
        long redelivered;
        long dead;
        long parked;
        long crashes;
        long expired;
        long delayed;
        long filtered;
    }

    private static final class ByTarget implements LaneRule {
        @Override
        public @Nullable String lane(EventRecord record) {
            return record.target() + (record.key() == null ? "" : "\n" + record.key());
        }

        @Override
        public boolean isOrdered(String lane) {
            return lane.indexOf('\n') >= 0;
        }

        @Override
        public @Nullable String flow(@Nullable String lane) {
            return lane == null ? null : lane.split("\n", -1)[0];
        }
    }

    private final Random random;
    private final Totals totals;
    private final LaneRule lanes;
    private final GroupHarness group;
    private final List<Side> sides = new ArrayList<>();
    private final Map<Side, Long> credit = new HashMap<>();

    /** Acked, or its dead letter stored. */
    private final Set<Position> done = new HashSet<>();
    /** Those that may be offered (again): new, given back, timed out, lost with a member or in a crash. */
    private final Set<Position> offerable = new HashSet<>();

    private final Map<Position, Integer> failures = new HashMap<>();
    private final Set<Position> rejected = new HashSet<>();
    /** Whether the filter is there that holds back what begins with x; it comes at some time and stays. */
    private boolean filtering;

    private int deadSeen;
    private int deadChecked;
    private int published;

    GroupSimulation(long seed, Totals totals) {
        this.random = new Random(seed);
        this.totals = totals;
        this.lanes = switch (random.nextInt(3)) {
            case 0 -> LaneRule.NONE;
            case 1 -> LaneRule.BY_KEY;
            default -> new ByTarget();
        };
        this.group = new GroupHarness(SETTINGS, TERMS, lanes, 1 + random.nextInt(3), seed);
        group.onDelivery = this::delivered;
        group.onCommit = this::committed;
    }

    void live() {
        group.open();
        double trouble = random.nextInt(3) == 0 ? 0.3 : 0;
        for (int step = 0; step < STEPS; step++) {
            group.fault = what -> random.nextDouble() < trouble;
            step();
            check();
        }
        end();
        totals.events += published;
        totals.dead += group.dead.size();
        totals.expired += group.dead.stream()
                .filter(letter -> letter.exhausted().equals("expired"))
                .count();
    }

    private void step() {
        switch (random.nextInt(14)) {
            case 0, 1, 2 -> publish(1 + random.nextInt(8));
            case 3 -> {
                if (sides.size() < 4) {
                    sides.add(group.join());
                    credit.put(sides.get(sides.size() - 1), 0L);
                }
            }
            case 4, 5 ->
                pick(sides).ifPresent(side -> {
                    int more = 1 + random.nextInt(10);
                    credit.merge(side, (long) more, Long::sum);
                    side.request(more);
                });
            case 6, 7, 8 -> settleOne(0);
            case 9 -> settleOne(1);
            case 10 -> settleOne(2);
            case 11 -> group.advance(Duration.ofMillis(1 + random.nextInt(random.nextInt(4) == 0 ? 6_000 : 300)));
            case 12 -> {
                if (random.nextInt(3) == 0) {
                    pick(sides).ifPresent(this::leave);
                }
            }
            default -> {
                if (random.nextInt(10) == 0) {
                    crash();
                } else if (random.nextInt(6) == 0) {
                    movePartition();
                } else if (!filtering && random.nextInt(6) == 0) {
                    filter();
                }
            }
        }
        group.settle();
    }

    private <T> java.util.Optional<T> pick(List<T> from) {
        return from.isEmpty()
                ? java.util.Optional.empty()
                : java.util.Optional.of(from.get(random.nextInt(from.size())));
    }

    private void publish(int count) {
        for (int i = 0; i < count; i++) {
            @Nullable String key = random.nextBoolean() ? "k" + random.nextInt(3) : null;
            String target = random.nextInt(3) == 0 ? "slow" : "fast";
            int partition = key == null
                    ? random.nextInt(group.partitions.size())
                    : Math.floorMod(key.hashCode(), group.partitions.size());
            boolean matching = random.nextInt(10) != 0;
            String topic = matching ? "orders/new" : "orders/a/b";
            String id = (random.nextInt(8) == 0 ? "x" : "e") + published++ % 8;
            Position position = random.nextInt(4) == 0
                    ? group.publish(partition, special(id, key, target, topic))
                    : group.publish(partition, id, key, target, topic);
            if (matching && !(filtering && id.startsWith("x"))) {
                offerable.add(position);
            } else {
                done.add(position);
            }
        }
        group.settle();
    }

    /** An event that is to wait, or expires, or both. */
    private EventRecord special(String id, @Nullable String key, String target, String topic) {
        boolean expires = random.nextBoolean();
        long expiry = group.time.millis() + random.nextInt(5_000);
        long notBefore = expires && random.nextBoolean() ? 0 : group.time.millis() + 1 + random.nextInt(4_000);
        totals.delayed += notBefore == 0 ? 0 : 1;
        return group.record(
                id,
                key,
                target,
                topic,
                notBefore,
                expires ? Map.of("expirytime", Instant.ofEpochMilli(expiry).toString()) : Map.of());
    }

    private void filter() {
        filtering = true;
        EventFilter noX = record -> !isX(record);
        group.filter = noX;
        for (List<StoredRecord> records : group.log.values()) {
            for (StoredRecord stored : records) {
                if (isX(stored.record())) {
                    offerable.remove(stored.position());
                    totals.filtered += done.add(stored.position()) ? 1 : 0;
                }
            }
        }
        group.state.alter(TERMS, lanes, noX);
    }

    private static boolean isX(EventRecord record) {
        return record.event().id().startsWith("x");
    }

    private void mayBeOffered(StoredRecord stored) {
        if (!(filtering && isX(stored.record()))) {
            offerable.add(stored.position());
        }
    }

    private @Nullable String lane(EventRecord record) {
        return record.notBeforeMillis() == 0 ? lanes.lane(record) : null;
    }

    /** @param how 0 ack, 1 release, 2 reject */
    private void settleOne(int how) {
        Side side = pick(sides).orElse(null);
        if (side == null || side.open.isEmpty()) {
            return;
        }
        Delivery delivery = side.open.get(random.nextInt(side.open.size()));
        boolean stillOpen = isOpen(side, delivery);
        Position position = delivery.position();
        switch (how) {
            case 0 -> {
                if (stillOpen) {
                    acked(position);
                }
                side.ack(delivery);
            }
            case 1 -> {
                if (stillOpen) {
                    mayComeAgain(position);
                }
                side.release(delivery, Duration.ofMillis(random.nextBoolean() ? 0 : random.nextInt(5_000)));
            }
            default -> {
                if (stillOpen) {
                    rejected.add(position);
                    offers.remove(position);
                }
                side.reject(delivery);
            }
        }
    }

    private void acked(Position position) {
        done.add(position);
        offers.remove(position);
    }

    /** Whether the engine still counts on this offer: it is the last one of the event and has not timed out. */
    private boolean isOpen(Side side, Delivery delivery) {
        Offer offer = offers.get(delivery.position());
        return offer != null
                && offer.side() == side
                && offer.delivery().equals(delivery)
                && group.time.nanoTime() - offer.nanos() < ACK_TIMEOUT.toNanos();
    }

    private record Offer(Side side, Delivery delivery, long nanos) {}

    /** The last offer of each event that is not settled. */
    private final Map<Position, Offer> offers = new HashMap<>();

    private void mayComeAgain(Position position) {
        offers.remove(position);
        offerable.add(position);
        failures.merge(position, 1, Integer::sum);
    }

    private void leave(Side side) {
        List<Position> lost = new ArrayList<>();
        offers.forEach((position, offer) -> {
            if (offer.side() == side) {
                lost.add(position);
            }
        });
        lost.forEach(this::mayComeAgain);
        sides.remove(side);
        side.leave();
    }

    private void crash() {
        totals.crashes++;
        sides.clear();
        credit.clear();
        countTimeouts();
        offers.clear();
        for (List<StoredRecord> records : group.log.values()) {
            for (StoredRecord stored : records) {
                mayBeOffered(stored);
            }
        }
        group.open();
    }

    /** The engine may have seen them before it forgot the offers. */
    private void countTimeouts() {
        offers.keySet().forEach(position -> failures.merge(position, offersOf(position), Integer::sum));
    }

    private void movePartition() {
        StreamPartition partition = group.partitions.get(random.nextInt(group.partitions.size()));
        countTimeouts();
        offers.keySet().removeIf(position -> position.partition().equals(partition));
        group.log.get(partition).forEach(this::mayBeOffered);
        for (Side side : sides) {
            side.open.removeIf(open -> open.position().partition().equals(partition));
        }
        group.state.revoked(partition, group.epochs.get(partition));
        group.assign(partition);
    }

    // the promises

    private void delivered(Side side, Delivery delivery) {
        Position position = delivery.position();
        require(sides.contains(side), () -> position + " goes to a member that is not there");
        Offer before = offers.get(position);
        if (before != null) {
            require(
                    group.time.nanoTime() - before.nanos() >= ACK_TIMEOUT.toNanos(),
                    () -> position + " comes again without a cause");
            failures.merge(position, 1, Integer::sum);
        } else {
            require(offerable.contains(position), () -> position + " comes again after it was done");
        }
        offerable.remove(position);
        offers.put(position, new Offer(side, delivery, group.time.nanoTime()));
        if (delivery.attempt() > 1) {
            totals.redelivered++;
        }
        credit.merge(side, -1L, Long::sum);
        require(credit.get(side) >= 0, () -> position + " is offered beyond the credit");
        long now = group.time.millis();
        require(delivery.record().notBeforeMillis() <= now, () -> position + " comes before its time");
        require(delivery.record().event().expiryMillis() > now, () -> position + " comes after it expired");
        checkOrder(position, delivery.record());
    }

    private void checkOrder(Position position, EventRecord record) {
        String lane = lane(record);
        if (lane == null || !lanes.isOrdered(lane)) {
            return;
        }
        noteDead();
        for (StoredRecord earlier : group.log.get(position.partition())) {
            if (earlier.position().offset() >= position.offset()) {
                return;
            }
            require(
                    done.contains(earlier.position()) || !lane.equals(lane(earlier.record())),
                    () -> "%s is offered before %s of lane %s is done".formatted(position, earlier.position(), lane));
        }
    }

    private void noteDead() {
        for (; deadSeen < group.dead.size(); deadSeen++) {
            done.add(group.dead.get(deadSeen).position());
        }
    }

    private void committed(StreamPartition partition, Progress progress) {
        noteDead();
        for (StoredRecord stored : group.log.get(partition)) {
            require(
                    !progress.isDone(stored.position().offset())
                            || done.contains(stored.position())
                            || group.parking.containsKey(stored.position()),
                    () -> "progress %s passes %s, which is neither done nor parked"
                            .formatted(progress, stored.position()));
        }
    }

    private void check() {
        noteDead();
        totals.parked += group.parking.size();
        for (; deadChecked < group.dead.size(); deadChecked++) {
            GroupHarness.Dead letter = group.dead.get(deadChecked);
            Position position = letter.position();
            require(!letter.cause().reason().isEmpty(), () -> position + " is dead without a cause");
            if (letter.exhausted().equals("attempts")) {
                require(
                        failures.getOrDefault(position, 0) + offersOf(position)
                                >= TERMS.retry().maxAttempts(),
                        () -> position + " is dead before its last attempt");
            } else if (letter.exhausted().equals("expired")) {
                require(
                        recordAt(position).event().expiryMillis() <= group.time.millis(),
                        () -> position + " is dead before it expired");
            } else {
                require(rejected.contains(position), () -> position + " is dead and was not rejected");
            }
        }
        require(
                group.state.heldCount() <= SETTINGS.windowEvents() * 4,
                () -> "events in the window: " + group.state.heldCount());
    }

    private EventRecord recordAt(Position position) {
        return group.log.get(position.partition()).get((int) position.offset()).record();
    }

    /** Asked so often that building a description each time would be most of the work. */
    private static void require(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise.get());
        }
    }

    /** A time-out that the engine has seen and the simulation has not: the last offer, if it is old enough. */
    private int offersOf(Position position) {
        Offer offer = offers.get(position);
        return offer != null && group.time.nanoTime() - offer.nanos() >= ACK_TIMEOUT.toNanos() ? 1 : 0;
    }

    /** All is well again: whatever is left must come, and be done. */
    private void end() {
        group.fault = what -> false;
        List.copyOf(sides).forEach(this::leave);
        Side last = group.join();
        sides.add(last);
        credit.put(last, 1_000_000L);
        last.request(1_000_000);
        for (int round = 0; round < 200 && !isQuiet(); round++) {
            while (!last.open.isEmpty()) {
                Delivery delivery = last.open.get(0);
                if (isOpen(last, delivery)) {
                    acked(delivery.position());
                }
                last.ack(delivery);
            }
            group.advance(Duration.ofSeconds(1));
            noteDead();
        }
        assertThat(left()).as("what is lost").isEmpty();
        group.advance(Duration.ofSeconds(1));
        group.settle();
        group.committed.forEach((partition, progress) -> assertThat(progress.watermark())
                .as("progress of %s", partition)
                .isEqualTo(group.log.get(partition).size()));
        assertThat(group.parking).as("parked at the end").isEmpty();
        assertThat(group.state.inFlightCount()).isZero();
        assertThat(group.state.parkedCount()).isZero();
    }

    /** What was done before a crash may have come again, so that more may be left than is lost. */
    private boolean isQuiet() {
        return left().isEmpty() && group.parking.isEmpty() && group.state.heldCount() == 0;
    }

    private List<String> left() {
        return group.log.values().stream()
                .flatMap(List::stream)
                .filter(stored -> !done.contains(stored.position()))
                .map(stored -> "%s lane %s parked %s"
                        .formatted(
                                stored.position(),
                                lanes.lane(stored.record()),
                                group.parking.containsKey(stored.position())))
                .toList();
    }
}
