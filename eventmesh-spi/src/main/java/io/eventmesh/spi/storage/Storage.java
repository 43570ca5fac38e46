package io.eventmesh.spi.storage;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Keeps streams of records in order and lets every group read each of them at its own pace.
 *
 * <p>A stream has a fixed number of partitions. A record with a key goes to the partition that
 * {@link Partitioner#partition} names, the same in every storage; records without one go to the partition that
 * the caller's {@code spread} names, so that whoever uses one spread keeps its order. Within a partition, offsets grow in
 * append order.
 *
 * <p>A record is kept until every group of its stream has finished it and room is needed, or retention removes it.
 * A stream without groups keeps the newest. A storage with a bound of its own ({@link Capability#BOUNDED}) refuses appends
 * with STORAGE_FULL; it never drops what a group still needs, except from a group that it cut off
 * ({@link Capability#CUT_OFF}), whose {@link Gap} it records.
 *
 * <p>What this runtime did is seen at once by every method that answers from memory; what others did on a shared storage
 * within seconds, and counts, bytes and lag are estimates there.
 *
 * <p>Thread-safe. Methods return without waiting; stages may complete on any thread. Every failure is an
 * {@code EventMeshException}; before start and after close it is STORAGE_UNAVAILABLE.
 */
public interface Storage extends Component {
    /** What "stored" means here. Constant. */
    Durability durability();

    /** What this storage can do beyond the common promise. Constant. */
    Set<Capability> capabilities();

    /**
     * Makes a stream. Making it again changes nothing; with another number of partitions it fails with ALREADY_EXISTS.
     */
    CompletionStage<Void> createStream(StreamName stream, StreamSettings settings);

    /** The stream, if it exists; from memory. */
    Optional<StreamInfo> stream(StreamName stream);

    /** All streams; from memory. */
    List<StreamInfo> streams();

    /**
     * Removes a stream, its records, and its groups' progress and parked events in it. Open readers are told by
     * {@code revoked}. Removing what is not there changes nothing.
     */
    CompletionStage<Void> deleteStream(StreamName stream);

    /**
     * Removes all records that were appended before this call; offsets go on where they were. A group that had not
     * finished them is told of a {@link Gap} as if retention had removed them. Completes with how many there were,
     * with 0 for a stream that is not there.
     */
    CompletionStage<Long> purgeStream(StreamName stream);

    /**
     * Shows records of a partition without any group: nothing is assigned, held or marked as done by it.
     *
     * <p>Fails with TOPIC_NOT_FOUND when there is no such partition, or with STORAGE_UNAVAILABLE.
     *
     * @param from the first offset; the oldest kept one when that is later
     * @param maxRecords at least 1
     * @param maxBytes of all records together; the first comes whatever its size
     */
    CompletionStage<Peek> peek(StreamPartition partition, long from, int maxRecords, long maxBytes);

    /**
     * Appends records in their order. Each answer completes when its record is as safe as {@link #durability()} declares.
     *
     * <p>An answer fails with TOPIC_NOT_FOUND (no such stream), EVENT_TOO_LARGE, STORAGE_FULL, OVERLOADED (it can take no
     * more now), or STORAGE_UNAVAILABLE; after the last of these the record may or may not be stored, so that a retry can store it twice.
     *
     * @param spread names the partition of records without a key: {@code floorMod(spread, partitions)}
     * @return one stage for each record, in the same order
     */
    List<CompletionStage<Position>> append(StreamName stream, List<EventRecord> records, int spread);

    /**
     * Makes a group over the streams, with its start resolved to positions and stored: whatever is appended after the
     * answer is behind the start. Making it again with equal terms changes nothing, whatever the start, except that
     * streams it did not read yet are added from their earliest, and assigned to its open reader; with other terms it
     * fails with ALREADY_EXISTS naming the difference.
     *
     * <p>A stream that does not exist yet, or is deleted and made again, is read from its first record. Fails with
     * REQUEST_INVALID for a start at a position in none of the streams.
     */
    CompletionStage<Void> createGroup(
            SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms, Start start);

    /**
     * Makes a group of this runtime alone that passes with its reader: it begins after the newest record, all its partitions
     * are assigned to its reader at once, also where the storage is shared, and it is gone, with what it parked, as soon
     * as that reader is closed or failed, or the storage is closed. Nothing of it is stored, so that nothing of it is left
     * when the process is killed, and no other runtime sees it. In all else it is a group like others.
     *
     * <p>Making it again with equal terms changes nothing, except that streams it did not read yet are added from their
     * earliest, and assigned to its open reader. Fails with ALREADY_EXISTS naming the difference for other terms, or when
     * a group of that name is stored; {@link #createGroup} refuses the name of a passing group likewise.
     */
    CompletionStage<Void> createPassingGroup(SubscriptionName group, Set<StreamName> streams, DeliveryTerms terms);

    /** Changes a group's terms; readers and progress stay as they are. Fails with NOT_FOUND when there is no such group. */
    CompletionStage<Void> alterGroup(SubscriptionName group, DeliveryTerms terms);

    /**
     * Notes whether the group shall be offered nothing, as long as it lives, also after a restart. The storage itself
     * reads on for it as before. Noting it again changes nothing. Fails with NOT_FOUND when there is no such group.
     */
    CompletionStage<Void> pauseGroup(SubscriptionName group, boolean paused);

    /** The group, if it exists; from memory. */
    Optional<GroupInfo> group(SubscriptionName group);

    /** All groups; from memory. */
    List<GroupInfo> groups();

    /**
     * Moves a group to another start in all its partitions and drops what it has parked. Fails with FENCED while a
     * reader is open, on whichever runtime, NOT_FOUND when there is no such group.
     */
    CompletionStage<Void> moveGroup(SubscriptionName group, Start start);

    /**
     * Removes a group with its progress and parked events. Open readers are told by {@code revoked}. Removing what is
     * not there changes nothing.
     */
    CompletionStage<Void> deleteGroup(SubscriptionName group);

    /**
     * Opens this runtime's reader of a group. Without {@link Capability#SHARED} all partitions are assigned at once; with
     * it they are spread over the readers of all runtimes, and {@code assigned} may come any time after the answer, or
     * never. A second reader on this runtime takes over from the first, with a higher epoch, and the first is told by
     * {@code revoked}. The listener may hear {@code assigned} before the answer completes.
     *
     * <p>Fails with NOT_FOUND when there is no such group.
     */
    CompletionStage<GroupReader> openReader(SubscriptionName group, GroupReader.Listener listener);

    /** Where events wait that are offered again later. */
    Parking parking();
}
