package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import org.jspecify.annotations.Nullable;

/**
 * One event of a group that is not done: read from its partition, or parked.
 *
 * <pre>
 *  BEHIND ──(first of its lane)──▶ READY ──▶ OFFERED ──(ack)──▶ DONE
 *     │                              ▲          │
 *     │                              │          ├─(release, time-out)─▶ WAITING ─(due)─▶ READY
 *     │                              │          ├─(due later)─▶ PARKING ─▶ PARKED ─(due)─▶ LOADING ─▶ READY
 *     └──(lane parked)─▶ PARKING     │          ├─(reject, last attempt)─▶ BURYING ─▶ DONE
 *                                    └──────────┴─(member lost)
 *  READY ──(expired)──▶ BURYING      READY ──(no longer wanted)──▶ DONE      (not due yet)──▶ PARKING
 * </pre>
 *
 * <p>Belongs to one {@link GroupState}; touched by nobody else.
 */
final class Entry {
    enum State {
        BEHIND,
        READY,
        OFFERED,
        WAITING,
        PARKING,
        PARKED,
        LOADING,
        BURYING,
        DONE
    }

    /** How suspicious an event must be to be offered alone. */
    static final int SUSPECT = 6;

    final Position position;
    final PartitionWindow window;
    /** As in the ticket of the parking. */
    final @Nullable String laneName;

    final @Nullable Lane lane;
    final @Nullable Flow flow;

    State state = State.BEHIND;
    /** Absent while parked. */
    @Nullable
    EventRecord record;

    /** The filter that has let it pass; another one judges it anew when it is offered. */
    @Nullable
    EventFilter judgedBy;

    /** Whether the parking holds it, so that progress counts it as done already. */
    boolean parked;
    /** Whether the parking may hold it though it said that it does not, so that it is taken out in the end. */
    boolean maybeParked;
    /** Whether it stands among those that wait for their due time or for room in their flow. */
    boolean queued;
    /** Whether it takes part in its flow's bound. */
    boolean inFlow;

    int offers;
    /** Offers that count against the policy. */
    int failures;
    /** Grows with each member that went away with it. */
    int suspicion;

    long firstOfferMillis;
    Cause cause = Cause.NONE;
    /** {@code dlexhausted} while burying. */
    String exhausted = "";
    /** How it is buried, where its member said so. */
    @Nullable
    Burial burial;

    /** Tries at whatever the storage refused, for the back-off. */
    int storageFailures;

    /** Monotonic, in the retry queue. */
    long dueNanos;
    /** Wall time, in the parking. */
    long dueMillis;

    // while offered
    long deliveryId;
    long timeoutNanos;

    @Nullable
    MemberState member;

    @Nullable
    Entry earlier;

    @Nullable
    Entry later;

    /** The key that its member keeps with itself. */
    KeptKeys.@Nullable Key keptKey;

    // in its lane
    @Nullable
    Entry laneBefore;

    @Nullable
    Entry laneAfter;

    Entry(
            Position position,
            PartitionWindow window,
            @Nullable String laneName,
            @Nullable Lane lane,
            @Nullable Flow flow) {
        this.position = position;
        this.window = window;
        this.laneName = laneName;
        this.lane = lane;
        this.flow = flow;
    }

    /** Whether nothing of its lane stands before it. */
    boolean isFirstOfLane() {
        return lane == null || lane.head() == this;
    }

    EventRecord requireRecord() {
        if (record == null) {
            throw new IllegalStateException("no content of " + position + " in state " + state);
        }
        return record;
    }

    static int byPosition(Entry one, Entry other) {
        int byPartition = Integer.compare(
                one.position.partition().index(), other.position.partition().index());
        return byPartition != 0 ? byPartition : Long.compare(one.position.offset(), other.position.offset());
    }
}
