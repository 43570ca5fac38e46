package io.eventmesh.runtime.simulation;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The mistakes that a mesh can be built with, each in one collaborator. */
final class PlantedBugs {
    private PlantedBugs() {}

    /** Publishers are answered whatever the storage says. */
    static final class AckBeforeStore implements PlantedBug {
        private long made;

        @Override
        public Storage storage(Storage honest) {
            return new ForwardingStorage(honest) {
                @Override
                public List<CompletionStage<Position>> append(
                        StreamName stream, List<EventRecord> records, int spread) {
                    List<CompletionStage<Position>> answers = new ArrayList<>();
                    for (CompletionStage<Position> stored : behind.append(stream, records, spread)) {
                        Position position = stored.exceptionally(refused -> null)
                                .toCompletableFuture()
                                .getNow(null);
                        answers.add(CompletableFuture.completedStage(
                                position != null
                                        ? position
                                        : new Position(new StreamPartition(stream, 0), 1_000_000 + made++)));
                    }
                    return answers;
                }
            };
        }
    }

    /** A bug in how progress is stored. */
    private abstract static class InReader implements PlantedBug {
        abstract GroupReader reader(SubscriptionName group, GroupReader honest);

        GroupReader.Listener listener(SubscriptionName group, GroupReader.Listener honest) {
            return honest;
        }

        @Override
        public Storage storage(Storage honest) {
            return new ForwardingStorage(honest) {
                @Override
                public CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener told) {
                    return behind.openReader(group, listener(group, told)).thenApply(opened -> reader(group, opened));
                }
            };
        }
    }

    /** Progress is stored as if all below the highest acked event were acked. */
    static final class ProgressPastGap extends InReader {
        @Override
        GroupReader reader(SubscriptionName group, GroupReader honest) {
            return new ForwardingReader(honest) {
                @Override
                public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
                    long end = progress.watermark() + progress.acked().length();
                    return behind.commit(partition, epoch, Progress.at(end));
                }
            };
        }
    }

    /** Progress is stored once an event was handed over. */
    static final class CommitBeforeAck extends InReader {
        private final Map<SubscriptionName, GroupReader> readers = new HashMap<>();

        @Override
        GroupReader reader(SubscriptionName group, GroupReader honest) {
            readers.put(group, honest);
            return honest;
        }

        @Override
        GroupReader.Listener listener(SubscriptionName group, GroupReader.Listener honest) {
            return new ForwardingListener(honest) {
                @Override
                public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
                    super.records(partition, epoch, records);
                    GroupReader reader = readers.get(group);
                    if (reader != null) {
                        long last = records.get(records.size() - 1).position().offset();
                        reader.commit(partition, epoch, Progress.at(last + 1));
                    }
                }
            };
        }
    }

    /** Progress is stored whatever epoch it comes under. */
    static final class EpochIgnored extends InReader {
        private final Map<SubscriptionName, GroupReader> newest = new HashMap<>();
        private final Map<SubscriptionName, Map<StreamPartition, Long>> epochs = new HashMap<>();

        @Override
        GroupReader reader(SubscriptionName group, GroupReader honest) {
            newest.put(group, honest);
            return new ForwardingReader(honest) {
                @Override
                public CompletionStage<Void> commit(StreamPartition partition, long epoch, Progress progress) {
                    long current = epochs.getOrDefault(group, Map.of()).getOrDefault(partition, epoch);
                    return newest.getOrDefault(group, behind).commit(partition, current, progress);
                }
            };
        }

        @Override
        GroupReader.Listener listener(SubscriptionName group, GroupReader.Listener honest) {
            return new ForwardingListener(honest) {
                @Override
                public void assigned(StreamPartition partition, long epoch, Progress progress) {
                    epochs.computeIfAbsent(group, each -> new HashMap<>()).merge(partition, epoch, Math::max);
                    super.assigned(partition, epoch, progress);
                }
            };
        }
    }

    /** What is read or taken from the parking a second time has lost its key. */
    static final class OrderLostOnRedelivery extends InReader {
        private final Map<SubscriptionName, Set<Position>> seen = new HashMap<>();

        @Override
        GroupReader reader(SubscriptionName group, GroupReader honest) {
            return honest;
        }

        @Override
        GroupReader.Listener listener(SubscriptionName group, GroupReader.Listener honest) {
            Set<Position> before = seen.computeIfAbsent(group, each -> new HashSet<>());
            return new ForwardingListener(honest) {
                @Override
                public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
                    List<StoredRecord> changed = new ArrayList<>();
                    for (StoredRecord stored : records) {
                        changed.add(before.add(stored.position()) ? stored : withoutKey(stored));
                    }
                    super.records(partition, epoch, changed);
                }
            };
        }

        @Override
        public Storage storage(Storage honest) {
            return new ForwardingStorage(super.storage(honest)) {
                @Override
                public Parking parking() {
                    return new ForwardingParking(behind.parking()) {
                        @Override
                        public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
                            return behind.tickets(group)
                                    .thenApply(tickets -> tickets.stream()
                                            .map(OrderLostOnRedelivery::withoutLane)
                                            .toList());
                        }
                    };
                }
            };
        }

        private static StoredRecord withoutKey(StoredRecord stored) {
            EventRecord record = stored.record();
            return new StoredRecord(
                    stored.position(),
                    new EventRecord(
                            record.topic(),
                            null,
                            record.appendTimeMillis(),
                            record.hops(),
                            record.target(),
                            record.principal(),
                            record.traceparent(),
                            record.notBeforeMillis(),
                            record.event()));
        }

        private static Parking.Ticket withoutLane(Parking.Ticket ticket) {
            return new Parking.Ticket(
                    ticket.position(),
                    null,
                    ticket.attempts(),
                    ticket.firstOfferMillis(),
                    ticket.dueMillis(),
                    ticket.cause());
        }
    }

    /** The parking says that it keeps an event, and does not. */
    static final class LostParkedEvent implements PlantedBug {
        @Override
        public Storage storage(Storage honest) {
            return new ForwardingStorage(honest) {
                @Override
                public Parking parking() {
                    return new ForwardingParking(behind.parking()) {
                        @Override
                        public CompletionStage<Void> park(
                                SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
                            return CompletableFuture.completedStage(null);
                        }
                    };
                }
            };
        }
    }

    /** What a member holds when it goes counts as done. */
    static final class DropOnMemberLoss implements PlantedBug {
        @Override
        public CompletionStage<Member> subscribe(
                Mesh honest, CallContext context, SubscribeTerms terms, Receiver receiver) {
            Set<Long> held = new HashSet<>();
            Receiver noting = new Receiver() {
                @Override
                public void deliver(Delivery delivery) {
                    held.add(delivery.id());
                    receiver.deliver(delivery);
                }

                @Override
                public void closed(io.eventmesh.common.error.@Nullable EventMeshException cause) {
                    receiver.closed(cause);
                }
            };
            return honest.subscribe(context, terms, noting).thenApply(member -> new Careless(member, held));
        }
    }

    private record Careless(Member honest, Set<Long> held) implements Member {
        @Override
        public SubscriptionName subscription() {
            return honest.subscription();
        }

        @Override
        public void request(int events, long bytes) {
            honest.request(events, bytes);
        }

        @Override
        public void ack(long delivery) {
            held.remove(delivery);
            honest.ack(delivery);
        }

        @Override
        public void release(long delivery, java.time.Duration delay) {
            held.remove(delivery);
            honest.release(delivery, delay);
        }

        @Override
        public void reject(long delivery, String reason) {
            held.remove(delivery);
            honest.reject(delivery, reason);
        }

        @Override
        public void close() {
            held.forEach(honest::ack);
            honest.close();
        }
    }
}
