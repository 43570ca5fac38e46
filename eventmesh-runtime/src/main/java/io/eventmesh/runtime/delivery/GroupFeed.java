package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears a group's reader, and finds what is parked of each partition that is assigned, whenever that is: before its
 * tickets are there, nothing of it is read.
 */
final class GroupFeed implements GroupReader.Listener {
    private static final Logger log = LoggerFactory.getLogger(GroupFeed.class);

    private record Assignment(long epoch, Progress progress) {}

    private record Missed(long from, long count) {}

    /** A step that comes for each append: one object. */
    private record Records(Group group, StreamPartition partition, long epoch, List<StoredRecord> records)
            implements Runnable {
        @Override
        public void run() {
            if (!group.isShut()) {
                group.state().records(partition, epoch, records);
            }
        }
    }

    private final Group group;
    private final Parking parking;
    /** Assigned, and what is parked of it is not known yet. Belongs to the group's serial executor, as all below. */
    private final Map<StreamPartition, Assignment> awaiting = new LinkedHashMap<>();

    private boolean loading;
    /** Whether the group reads by another feed now. */
    private boolean abandoned;

    /** What was missed since records came last. Belongs to the listener's calls, which come one at a time. */
    private final Map<StreamPartition, Missed> missed = new ConcurrentHashMap<>();

    GroupFeed(Group group, Parking parking) {
        this.group = group;
        this.parking = parking;
    }

    @Override
    public void assigned(StreamPartition partition, long epoch, Progress progress) {
        group.step(() -> {
            if (abandoned) {
                return;
            }
            awaiting.put(partition, new Assignment(epoch, progress));
            if (!loading) {
                load();
            }
        });
    }

    /** What its reader told before it was closed counts no more. On the group's serial executor. */
    void abandon() {
        abandoned = true;
        awaiting.clear();
    }

    /** Asks once for all partitions that wait by now; those that come meanwhile are asked for afterwards. */
    private void load() {
        loading = true;
        Map<StreamPartition, Assignment> asked = new LinkedHashMap<>(awaiting);
        parking.tickets(group.name())
                .whenComplete((tickets, failure) -> group.step(() -> {
                    loading = false;
                    if (abandoned) {
                        return;
                    }
                    if (failure != null) {
                        group.end(EventMeshException.of(failure));
                        return;
                    }
                    Map<StreamPartition, List<Parking.Ticket>> parked = tickets.stream()
                            .collect(Collectors.groupingBy(
                                    ticket -> ticket.position().partition()));
                    asked.forEach((partition, assignment) -> {
                        if (awaiting.remove(partition, assignment)) {
                            group.state()
                                    .assigned(
                                            partition,
                                            assignment.epoch(),
                                            assignment.progress(),
                                            parked.getOrDefault(partition, List.of()));
                        }
                    });
                    if (!awaiting.isEmpty()) {
                        load();
                    }
                }));
    }

    @Override
    public CompletionStage<Void> releasing(StreamPartition partition, long epoch) {
        CompletableFuture<Void> released = new CompletableFuture<>();
        group.execute(() -> {
            forget(partition, epoch);
            if (abandoned || group.isShut()) {
                released.complete(null);
            } else {
                group.release(partition, epoch, released);
            }
        });
        return released;
    }

    private void forget(StreamPartition partition, long epoch) {
        awaiting.computeIfPresent(partition, (unused, assignment) -> assignment.epoch() == epoch ? null : assignment);
    }

    @Override
    public void revoked(StreamPartition partition, long epoch) {
        group.step(() -> {
            forget(partition, epoch);
            group.state().revoked(partition, epoch);
            if (group.isDeleted()) {
                group.end(new EventMeshException(
                        ErrorCode.NOT_FOUND, "subscription: %s was deleted".formatted(group.name())));
            }
        });
    }

    @Override
    public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        if (!missed.isEmpty()) {
            Missed over = missed.remove(partition);
            if (over != null) {
                log.info(
                        "Group reads again after missing events. group={} partition={} from={} count={}",
                        group.name(),
                        partition,
                        over.from(),
                        over.count());
            }
        }
        group.execute(new Records(group, partition, epoch, records));
    }

    /** A gap that goes on comes piece by piece: the first is told, and the sum when records come again. */
    @Override
    public void gap(Gap gap) {
        Missed before = missed.get(gap.partition());
        if (before == null) {
            log.warn(
                    "Group misses events. group={} partition={} from={} to={} count={} why={}",
                    group.name(),
                    gap.partition(),
                    gap.from(),
                    gap.to(),
                    gap.count(),
                    gap.why());
            missed.put(gap.partition(), new Missed(gap.from(), gap.count()));
        } else {
            missed.put(gap.partition(), new Missed(before.from(), before.count() + gap.count()));
        }
        group.step(() -> group.state().gap(gap));
    }

    @Override
    public void failed(EventMeshException cause) {
        group.step(() -> {
            if (!abandoned) {
                group.end(cause);
            }
        });
    }
}
