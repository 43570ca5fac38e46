package io.eventmesh.runtime.simulation;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.checker.EventId;
import io.eventmesh.testkit.checker.Fate;
import io.eventmesh.testkit.checker.Fingerprint;
import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Place;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes the history of one life, knowing all sides: which offer still stands, what an epoch or a lost member took with
 * it, what the storage has as progress.
 */
final class Ledger implements ObservedStorage.Observer {
    private static final EventId STRANGER = new EventId("stranger", 0);

    private record Spot(String group, Place place) {}

    private record Held(String group, StreamPartition partition) {}

    /** What is known of an event in a group. */
    private static final class Mark {
        @Nullable
        Side holder;

        long delivery;
        long sinceNanos;
        long epoch;
        boolean offered;
        boolean givenBack;
        boolean excused;
        boolean everParked;
    }

    private final History history = new History();
    private final LongSupplier nanoTime;
    private final BooleanSupplier settled;
    private final Duration ackTimeout;
    private final Map<Spot, Mark> marks = new HashMap<>();
    private final Map<Held, Long> epochs = new HashMap<>();
    private final Map<Held, Progress> progress = new HashMap<>();
    private final Map<Held, Set<Long>> parked = new HashMap<>();
    private final Map<String, Set<Gap>> gaps = new HashMap<>();
    private long now;

    int redelivered;
    int parkings;

    /** @param settled whether no step of any group waits to be run */
    Ledger(LongSupplier nanoTime, BooleanSupplier settled, Duration ackTimeout) {
        this.nanoTime = nanoTime;
        this.settled = settled;
        this.ackTimeout = ackTimeout;
    }

    History history() {
        return history;
    }

    void add(Observation seen) {
        history.add(seen);
    }

    @Override
    public long tick() {
        return ++now;
    }

    // what members see

    void offered(Side side, Delivery delivery) {
        Place place = Place.of(delivery.position());
        Mark mark = mark(side.group(), place);
        if (mark.offered && !mark.givenBack) {
            Side before = mark.holder;
            if (before != null && isOverdue(mark)) {
                settle(before, place, Fate.TIMED_OUT);
            } else if (mark.excused) {
                add(new Observation.Disturbed(tick(), side.group(), "lost", 1));
            }
        }
        if (mark.offered) {
            redelivered++;
        }
        mark.offered = true;
        mark.givenBack = false;
        mark.excused = false;
        mark.holder = side;
        mark.delivery = delivery.id();
        mark.sinceNanos = nanoTime.getAsLong();
        mark.epoch =
                epochs.getOrDefault(new Held(side.group(), delivery.position().partition()), 0L);
        EventId event = EventId.parse(delivery.record().event().id()).orElse(STRANGER);
        long content = Fingerprint.of(
                delivery.record().topic().value(), delivery.record().event());
        add(new Observation.Offered(tick(), side.group(), side.name(), event, place, content, delivery.attempt()));
    }

    /** A member says something of an offer; noted as what it can be worth. */
    void settled(Side side, Delivery delivery, Fate wanted) {
        Place place = Place.of(delivery.position());
        Mark mark = mark(side.group(), place);
        boolean stands = mark.holder == side && mark.delivery == delivery.id() && !isOverdue(mark);
        // a step that waits may have the mesh accept an ack under an epoch that is over
        boolean current = mark.epoch
                == epochs.getOrDefault(
                        new Held(side.group(), delivery.position().partition()), -1L);
        if (stands && (current || !settled.getAsBoolean())) {
            settle(side, place, wanted);
        } else if (wanted == Fate.ACKED) {
            settle(side, place, Fate.ACKED_LATE);
        }
    }

    /** The member is gone, with whatever it held. */
    void lost(Side side) {
        for (Delivery delivery : side.open()) {
            Place place = Place.of(delivery.position());
            Mark mark = mark(side.group(), place);
            if (mark.holder == side && mark.delivery == delivery.id()) {
                settle(side, place, isOverdue(mark) ? Fate.TIMED_OUT : Fate.LOST);
            }
        }
    }

    private boolean isOverdue(Mark mark) {
        return nanoTime.getAsLong() - mark.sinceNanos >= ackTimeout.toNanos();
    }

    private void settle(Side side, Place place, Fate fate) {
        Mark mark = mark(side.group(), place);
        add(new Observation.Settled(tick(), side.group(), side.name(), place, fate));
        switch (fate) {
            case ACKED -> mark.holder = null;
            case ACKED_LATE -> {}
            case RELEASED, REJECTED, TIMED_OUT -> {
                mark.holder = null;
                mark.givenBack = true;
            }
            case LOST -> {
                mark.holder = null;
                mark.excused = true;
            }
        }
    }

    private Mark mark(String group, Place place) {
        return marks.computeIfAbsent(new Spot(group, place), each -> new Mark());
    }

    // what the storage tells and is asked

    @Override
    public void assigned(SubscriptionName group, StreamPartition partition, long epoch, String owner, Progress from) {
        epochs.put(new Held(group.group(), partition), epoch);
        add(new Observation.Assigned(tick(), group.group(), partition.toString(), epoch, owner));
        marks.forEach((spot, mark) -> {
            if (spot.group().equals(group.group())
                    && spot.place().partition().equals(partition.toString())
                    && (mark.everParked || !from.isDone(spot.place().offset()))) {
                mark.excused = true;
            }
        });
    }

    @Override
    public void revoked(SubscriptionName group, StreamPartition partition, long epoch) {
        epochs.remove(new Held(group.group(), partition), epoch);
    }

    @Override
    public void committed(long at, SubscriptionName group, StreamPartition partition, long epoch, String owner) {
        add(new Observation.Committed(at, group.group(), partition.toString(), epoch, owner));
    }

    @Override
    public void gap(SubscriptionName group, Gap gap) {
        if (gaps.computeIfAbsent(group.group(), each -> new HashSet<>()).add(gap)) {
            add(new Observation.Missed(tick(), group.group(), gap.partition().toString(), gap.from(), gap.to()));
        }
    }

    @Override
    public void parking(SubscriptionName group, Position position) {
        parkings++;
        mark(group.group(), Place.of(position)).everParked = true;
    }

    /** Looks at the storage itself: progress and parking of the group as they are between two steps. */
    void look(Storage storage, SubscriptionName name) {
        storage.group(name).ifPresent(info -> {
            info.gaps().forEach(gap -> gap(name, gap));
            Map<StreamPartition, Set<Long>> held = info.parked() == 0
                    ? Map.of()
                    : storage.parking().tickets(name).toCompletableFuture().join().stream()
                            .collect(Collectors.groupingBy(
                                    ticket -> ticket.position().partition(),
                                    Collectors.mapping(
                                            ticket -> ticket.position().offset(), Collectors.toSet())));
            info.progress().forEach((partition, seen) -> {
                Held key = new Held(name.group(), partition);
                Set<Long> offsets = held.getOrDefault(partition, Set.of());
                Set<Long> before = parked.put(key, offsets);
                Progress last = progress.put(key, seen);
                if (!seen.equals(last) || !offsets.equals(before)) {
                    add(new Observation.Progressed(tick(), name.group(), partition.toString(), seen, offsets));
                }
            });
        });
    }
}
