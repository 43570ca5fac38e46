package io.eventmesh.storage.kafka;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Parking.Ticket;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What the parking topic says, record by record; the same on every runtime, since the topic's order decides.
 *
 * <p>A fence counts if it is newer than the partition's. A ticket, a content or the removal of one counts if it was written
 * under the partition's fence of that moment, or under none; else it came from an owner that is no more. The topic keeps
 * only the newest record of each key, whether it counted or not: so the places where one did not count are remembered, and
 * the partition's owner writes down again what is right there.
 *
 * <p>Thread-safe.
 */
final class ParkingState {
    private static final class Parked {
        private @Nullable Ticket ticket;
        /** Where the content stands in the parking topic; -1 for none. */
        private long content = -1;
    }

    private record Spot(Uuid topicId, int partition, long offset) {
        static Spot of(ParkingKey key) {
            return new Spot(key.topicId(), key.partition(), key.offset());
        }
    }

    private static final class Group {
        private final Map<Spot, Parked> parked = new HashMap<>();
        /** By the fence's key. */
        private final Map<ParkingKey, Fence> fences = new HashMap<>();

        private final Set<ParkingKey> wrong = new HashSet<>();
        private int tickets;
    }

    private static final Comparator<Ticket> ORDER = Comparator.comparing(
                    (Ticket ticket) -> ticket.position().partition(), KnownProgress.ORDER)
            .thenComparingLong(ticket -> ticket.position().offset());

    private final Map<String, Group> groups = new HashMap<>();

    /** @return whether the fence counts */
    synchronized boolean fence(ParkingKey key, @Nullable Fence fence) {
        Group group = groups.computeIfAbsent(key.incarnation(), unused -> new Group());
        if (fence == null) {
            group.fences.remove(key);
            forgetEmpty(key.incarnation(), group);
            return true;
        }
        Fence before = group.fences.get(key);
        if (before != null && fence.compareTo(before) < 0) {
            group.wrong.add(key);
            return false;
        }
        group.fences.put(key, fence);
        group.wrong.remove(key);
        return true;
    }

    /**
     * @param ticket null where one was taken out
     * @return whether it counts
     */
    synchronized boolean ticket(ParkingKey key, @Nullable Fence fence, @Nullable Ticket ticket) {
        Group group = groups.computeIfAbsent(key.incarnation(), unused -> new Group());
        if (!counts(group, key, fence)) {
            return false;
        }
        Spot spot = Spot.of(key);
        Parked parked = group.parked.get(spot);
        if (ticket == null) {
            if (parked != null && parked.ticket != null) {
                group.tickets--;
                parked.ticket = null;
                removeEmpty(group, spot, parked);
            }
            forgetEmpty(key.incarnation(), group);
            return true;
        }
        if (parked == null || parked.content < 0) {
            // its content never came
            return true;
        }
        if (parked.ticket == null) {
            group.tickets++;
        }
        parked.ticket = ticket;
        return true;
    }

    /**
     * @param at where the content stands in the parking topic, -1 where it was taken out
     * @return whether it counts
     */
    synchronized boolean content(ParkingKey key, @Nullable Fence fence, long at) {
        Group group = groups.computeIfAbsent(key.incarnation(), unused -> new Group());
        if (!counts(group, key, fence)) {
            return false;
        }
        Spot spot = Spot.of(key);
        Parked parked = group.parked.get(spot);
        if (parked == null) {
            if (at < 0) {
                forgetEmpty(key.incarnation(), group);
                return true;
            }
            parked = new Parked();
            group.parked.put(spot, parked);
        }
        parked.content = at;
        removeEmpty(group, spot, parked);
        forgetEmpty(key.incarnation(), group);
        return true;
    }

    private static boolean counts(Group group, ParkingKey key, @Nullable Fence fence) {
        Fence current = group.fences.get(key.fence());
        if (fence == null || current == null || fence.equals(current)) {
            group.wrong.remove(key);
            return true;
        }
        group.wrong.add(key);
        return false;
    }

    private void forgetEmpty(String incarnation, Group group) {
        if (group.parked.isEmpty() && group.fences.isEmpty() && group.wrong.isEmpty()) {
            groups.remove(incarnation, group);
        }
    }

    private static void removeEmpty(Group group, Spot spot, Parked parked) {
        if (parked.content < 0 && parked.ticket == null) {
            group.parked.remove(spot);
        }
    }

    synchronized @Nullable Fence fenceOf(ParkingKey fenceKey) {
        Group group = groups.get(fenceKey.incarnation());
        return group == null ? null : group.fences.get(fenceKey);
    }

    /**
     * In order of position within each partition.
     *
     * @param isThere whether a stream still has the topic
     */
    synchronized List<Ticket> tickets(String incarnation, BiPredicate<StreamName, Uuid> isThere) {
        Group group = groups.get(incarnation);
        if (group == null) {
            return List.of();
        }
        List<Ticket> tickets = new ArrayList<>(group.tickets);
        group.parked.forEach((spot, parked) -> {
            Ticket ticket = parked.ticket;
            if (ticket != null && isThere.test(ticket.position().partition().stream(), spot.topicId())) {
                tickets.add(ticket);
            }
        });
        tickets.sort(ORDER);
        return tickets;
    }

    synchronized @Nullable Ticket ticketOf(ParkingKey key) {
        Parked parked = parked(key);
        return parked == null ? null : parked.ticket;
    }

    /** Where the content of a parked event stands; -1 for none. */
    synchronized long contentOf(ParkingKey key) {
        Parked parked = parked(key);
        return parked == null || parked.ticket == null ? -1 : parked.content;
    }

    /** Whether a ticket or a content is there. */
    synchronized boolean holds(ParkingKey key) {
        return parked(key) != null;
    }

    private @Nullable Parked parked(ParkingKey key) {
        Group group = groups.get(key.incarnation());
        return group == null ? null : group.parked.get(Spot.of(key));
    }

    synchronized long count(String incarnation) {
        Group group = groups.get(incarnation);
        return group == null ? 0 : group.tickets;
    }

    /** What of a partition is written down wrong; it is forgotten here. */
    synchronized List<ParkingKey> takeWrong(ParkingKey fenceKey) {
        Group group = groups.get(fenceKey.incarnation());
        if (group == null || group.wrong.isEmpty()) {
            return List.of();
        }
        List<ParkingKey> taken =
                group.wrong.stream().filter(key -> key.fence().equals(fenceKey)).toList();
        taken.forEach(group.wrong::remove);
        return taken;
    }

    synchronized Set<String> incarnations() {
        return Set.copyOf(groups.keySet());
    }

    /** Forgets a group; returns all its keys. */
    synchronized List<ParkingKey> remove(String incarnation) {
        Group group = groups.remove(incarnation);
        return group == null ? List.of() : keys(incarnation, group, null);
    }

    /** Forgets a stream; returns all its keys. */
    synchronized List<ParkingKey> remove(Uuid topicId) {
        List<ParkingKey> keys = new ArrayList<>();
        groups.forEach((incarnation, group) -> {
            keys.addAll(keys(incarnation, group, topicId));
            group.fences.keySet().removeIf(key -> key.topicId().equals(topicId));
            group.wrong.removeIf(key -> key.topicId().equals(topicId));
            group.parked.entrySet().removeIf(each -> {
                boolean gone = each.getKey().topicId().equals(topicId);
                if (gone && each.getValue().ticket != null) {
                    group.tickets--;
                }
                return gone;
            });
        });
        return keys;
    }

    private static List<ParkingKey> keys(String incarnation, Group group, @Nullable Uuid only) {
        List<ParkingKey> keys = new ArrayList<>();
        group.parked.keySet().forEach(spot -> {
            if (only == null || spot.topicId().equals(only)) {
                ParkingKey key = new ParkingKey(
                        ParkingKey.Kind.TICKET, incarnation, spot.topicId(), spot.partition(), spot.offset());
                keys.add(key);
                keys.add(key.as(ParkingKey.Kind.CONTENT));
            }
        });
        group.wrong.forEach(key -> {
            if (only == null || key.topicId().equals(only)) {
                keys.add(key);
            }
        });
        group.fences.keySet().forEach(key -> {
            if (only == null || key.topicId().equals(only)) {
                keys.add(key);
            }
        });
        return keys;
    }
}
