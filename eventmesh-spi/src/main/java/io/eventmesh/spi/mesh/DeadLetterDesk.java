package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.StoredRecord;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * What became of events that could not be delivered: each topic below {@code _dl} is a stream of them, and what was
 * redriven or discarded is marked as done there.
 *
 * <p>Thread-safe, as {@link MeshAdmin}; for one topic steps go one after the other.
 */
public interface DeadLetterDesk {
    /**
     * A topic of dead letters.
     *
     * @param events neither redriven nor discarded
     * @param bytes of the stream
     * @param oldestMillis when the oldest of them was stored, wall time; 0 when there is none
     * @param newestMillis of the newest; 0 when there is none
     * @param codes how many of the oldest bear which {@code dlcode}, empty text for none
     * @param counted how many were looked at for the codes
     */
    record Topic(
            StreamName stream,
            long events,
            long bytes,
            long oldestMillis,
            long newestMillis,
            Map<String, Long> codes,
            long counted) {}

    /** A dead letter's place in its topic's stream. */
    record Place(int partition, long offset) {}

    /**
     * Which dead letters; all that is said must hold.
     *
     * @param filter JSON array of CloudEvents subscription filters; empty for any
     * @param code {@code dlcode}; empty for any
     * @param stage {@code dlstage}; empty for any
     * @param afterMillis {@code dllasttime} at this wall time or later; 0 for any
     * @param beforeMillis {@code dllasttime} before this wall time; 0 for any
     * @param places these; empty for any
     */
    record Choice(String filter, String code, String stage, long afterMillis, long beforeMillis, List<Place> places) {
        public static final Choice ALL = new Choice("", "", "", 0, 0, List.of());
    }

    /**
     * Dead letters, oldest first in each partition.
     *
     * @param next the cursor of the next page; empty when there are no more
     * @param scanned how many were looked at; a page may be short, even empty, though there are more
     */
    record Page(List<StoredRecord> letters, String next, long scanned) {}

    /** What is done to dead letters. */
    enum Action {
        /** Published again as it was, then done; at least once. */
        REDRIVE,
        DISCARD
    }

    /**
     * What to do.
     *
     * @param to redrives to this topic, for all who subscribe to it; empty: to where each comes from
     * @param mark becomes the attribute {@code dlredrive}
     */
    record Order(Action action, Choice choice, String to, String mark) {}

    /** A dead letter that the action does not apply to, and why. */
    record Skipped(Place place, String reason) {}

    /**
     * What a step has come to.
     *
     * @param next the cursor to go on with; empty when there are no more
     * @param scanned how many were looked at
     * @param done how many were redriven or discarded
     * @param blocked why no more can be settled before older ones are; empty for nothing
     */
    record Step(String next, long scanned, long done, List<Skipped> skipped, String blocked) {}

    /**
     * The topics in the order of their names.
     *
     * @param namespace empty for all
     * @param after the last name of the page before; empty for the first page
     * @param limit 1 or more
     */
    CompletionStage<List<Topic>> topics(String namespace, String after, int limit);

    /**
     * Dead letters that are not done.
     *
     * <p>Fails with TOPIC_NOT_FOUND, or RULE_INVALID or REQUEST_INVALID for a choice or a cursor that is none.
     *
     * @param cursor empty from the oldest on
     */
    CompletionStage<Page> read(StreamName topic, Choice choice, String cursor, int limit);

    /**
     * Redrives or discards some dead letters. A letter is marked as done after it was published again, so that a fault
     * in between has it published twice.
     *
     * <p>Fails as {@link #read}, or with what refused a letter that was to be published; the step may then be done once more.
     *
     * @param max how many at most
     * @param dryRun whether only to say what would be done
     */
    CompletionStage<Step> settle(StreamName topic, Order order, String cursor, int max, boolean dryRun);
}
