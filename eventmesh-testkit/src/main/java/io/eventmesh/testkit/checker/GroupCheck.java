package io.eventmesh.testkit.checker;

import io.eventmesh.testkit.checker.Finding.Kind;
import io.eventmesh.testkit.checker.SentEvents.Sent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What one group saw, against what it was to see. Part of one {@link Checker} run. */
final class GroupCheck {
    private static final int NAMED_REPEATS = 5;

    /** An offset of a partition that the group is to see, or saw. */
    private static final class Spot {
        final EventId event;
        final @Nullable String key;
        int offers;
        int attempts;
        boolean done;
        boolean rejected;
        boolean passed;

        @Nullable
        Fate last;

        @Nullable
        String holder;

        Spot(EventId event, @Nullable String key) {
            this.event = event;
            this.key = key;
        }
    }

    private record Row(String partition, String key) {}

    private final Audience audience;
    private final SentEvents sent;
    private final List<Finding> findings;

    private final Map<Place, Spot> spots = new HashMap<>();
    /** Not done, by partition. */
    private final Map<String, NavigableMap<Long, Spot>> open = new HashMap<>();
    /** Offered and not done, by order that is to be kept. */
    private final Map<Row, NavigableMap<Long, Spot>> openInOrder = new HashMap<>();

    private final Map<Row, Long> newestFirstOffer = new HashMap<>();
    private final Map<String, List<Observation.Missed>> gaps = new HashMap<>();
    private final Set<EventId> processed = new HashSet<>();
    private final Set<EventId> dead = new HashSet<>();
    private final List<EventId> repeated = new ArrayList<>();

    long offers;
    long repeats;
    long excused;

    GroupCheck(Audience audience, SentEvents sent, List<Finding> findings) {
        this.audience = audience;
        this.sent = sent;
        this.findings = findings;
    }

    int processed() {
        return processed.size();
    }

    int deadLettered() {
        return dead.size();
    }

    /** An event is known to be stored. */
    void stored(Sent event) {
        if (event.place != null && wants(event)) {
            spot(event.place, event.event(), event.sending.key());
        }
    }

    void offered(Observation.Offered offer) {
        offers++;
        Sent original = sent.find(offer.event());
        String key = original == null ? null : original.sending.key();
        if (original == null) {
            find(Kind.PHANTOM, offer.place() + " was never sent", offer.event());
        } else if (original.sending.content() != offer.content()) {
            find(Kind.CONTENT, offer.place() + " is not what was sent", offer.event());
        } else if (!audience.wants().test(original.sending)) {
            find(Kind.PHANTOM, offer.place() + " is not for this group", offer.event());
        }
        Spot spot = spot(offer.place(), offer.event(), key);
        if (!spot.event.equals(offer.event())) {
            find(Kind.CONTENT, offer.place() + " was another event before", spot.event, offer.event());
        }
        if (spot.offers > 0 && (spot.last == null || !spot.last.isGivenBack())) {
            repeats++;
            if (repeated.size() < NAMED_REPEATS) {
                repeated.add(offer.event());
            }
        }
        checkOrder(offer, spot);
        spot.offers++;
        spot.attempts = Math.max(spot.offers, offer.attempt());
        spot.last = null;
        spot.holder = offer.member();
    }

    private void checkOrder(Observation.Offered offer, Spot spot) {
        if (!audience.ordered() || spot.key == null) {
            return;
        }
        Row row = new Row(offer.place().partition(), spot.key);
        long offset = offer.place().offset();
        NavigableMap<Long, Spot> before = openInOrder.computeIfAbsent(row, each -> new TreeMap<>());
        var earlier = before.lowerEntry(offset);
        if (earlier != null) {
            find(
                    Kind.ORDER,
                    "key %s: %s is offered before %d is done".formatted(spot.key, offer.place(), earlier.getKey()),
                    earlier.getValue().event,
                    spot.event);
        }
        if (spot.offers == 0) {
            long newest = newestFirstOffer.merge(row, offset, Math::max);
            if (newest > offset) {
                find(
                        Kind.ORDER,
                        "key %s: %s is offered for the first time after %d was"
                                .formatted(spot.key, offer.place(), newest),
                        spot.event);
            }
        }
        if (!spot.done) {
            before.put(offset, spot);
        }
    }

    void settled(Observation.Settled end) {
        Spot spot = spots.get(end.place());
        if (spot == null) {
            return;
        }
        switch (end.fate()) {
            case ACKED -> {
                processed.add(spot.event);
                done(end.place(), spot);
            }
            case ACKED_LATE -> processed.add(spot.event);
            case REJECTED -> spot.rejected = true;
            case RELEASED, TIMED_OUT, LOST -> {}
        }
        // a late word from an earlier holder says nothing about the offer that stands
        if (Objects.equals(spot.holder, end.member()) && end.fate() != Fate.ACKED_LATE) {
            spot.last = end.fate();
        }
    }

    void deadLettered(Observation.DeadLettered letter) {
        Spot spot = spots.get(letter.place());
        if (spot == null || !spot.event.equals(letter.event())) {
            find(Kind.PHANTOM, letter.place() + " is in the dead letter and was never offered", letter.event());
            return;
        }
        // the last one may have been on its way to a member that was gone
        if (!spot.rejected && spot.attempts < audience.maxAttempts() - 1) {
            find(
                    Kind.BURIED,
                    "%s is in the dead letter after %d attempts".formatted(letter.place(), spot.attempts),
                    spot.event);
        }
        dead.add(spot.event);
        done(letter.place(), spot);
    }

    private void done(Place place, Spot spot) {
        if (spot.done) {
            return;
        }
        spot.done = true;
        NavigableMap<Long, Spot> partition = open.get(place.partition());
        if (partition != null) {
            partition.remove(place.offset());
        }
        if (spot.key != null) {
            NavigableMap<Long, Spot> row = openInOrder.get(new Row(place.partition(), spot.key));
            if (row != null) {
                row.remove(place.offset());
            }
        }
    }

    void missed(Observation.Missed gap) {
        gaps.computeIfAbsent(gap.partition(), each -> new ArrayList<>()).add(gap);
    }

    void disturbed(Observation.Disturbed disturbance) {
        excused += disturbance.mayRepeat();
    }

    void progressed(Observation.Progressed seen) {
        NavigableMap<Long, Spot> partition = open.get(seen.partition());
        if (partition == null) {
            return;
        }
        partition.forEach((offset, spot) -> {
            if (!spot.passed
                    && seen.progress().isDone(offset)
                    && !seen.parked().contains(offset)
                    && !isMissed(seen.partition(), offset)) {
                spot.passed = true;
                find(
                        Kind.PROGRESS,
                        "progress %s of %s passes %d, which is neither done nor parked"
                                .formatted(seen.progress(), seen.partition(), offset),
                        spot.event);
            }
        });
    }

    /** All is quiet: what was to come has come. */
    void end() {
        for (Sent each : sent.all()) {
            Place place = each.place;
            if (each.outcome == Outcome.OK
                    && wants(each)
                    && !processed.contains(each.event())
                    && !dead.contains(each.event())
                    && (place == null || !isMissed(place.partition(), place.offset()))) {
                find(Kind.LOSS, "stored at %s and not processed".formatted(place), each.event());
            }
        }
        spots.forEach((place, spot) -> {
            Sent original = sent.find(spot.event);
            if (spot.offers > 0 && original != null && original.outcome == Outcome.FAIL) {
                find(Kind.PHANTOM, place + " was refused to its producer", spot.event);
            }
        });
        if (repeats > excused) {
            findings.add(new Finding(
                    Kind.DUPLICATES,
                    "group %s: %d offers of events that nobody had given back (expected: at most %d), the first of"
                            .formatted(audience.group(), repeats, excused),
                    List.copyOf(repeated)));
        }
    }

    private boolean wants(Sent event) {
        return event.sending.at() >= audience.since() && audience.wants().test(event.sending);
    }

    private boolean isMissed(String partition, long offset) {
        return gaps.getOrDefault(partition, List.of()).stream()
                .anyMatch(gap -> gap.from() <= offset && offset < gap.to());
    }

    private Spot spot(Place place, EventId event, @Nullable String key) {
        Spot known = spots.get(place);
        if (known != null) {
            return known;
        }
        Spot spot = new Spot(event, key);
        spots.put(place, spot);
        open.computeIfAbsent(place.partition(), each -> new TreeMap<>()).put(place.offset(), spot);
        return spot;
    }

    private void find(Kind kind, String what, EventId... events) {
        findings.add(new Finding(kind, "group " + audience.group() + ": " + what, List.of(events)));
    }
}
