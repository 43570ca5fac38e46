package io.eventmesh.spi.peer;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.event.Event;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * What a mesh runtime asks of another one that serves the same storage. Only runtimes of the cluster may.
 *
 * <p>Thread-safe. No method blocks; stages may complete on any thread. Every failure is an {@code EventMeshException}:
 * SHUTTING_DOWN when the runtime ends or is not reached, and what is said with each method.
 */
public interface MeshPeer {
    /**
     * Says which groups the asking runtime reads, and answers which of these this one reads too. Both attach their members
     * at one another then.
     *
     * @param runtime the asking one's id
     */
    CompletionStage<Set<SubscriptionName>> serving(String runtime, Set<SubscriptionName> groups);

    /**
     * Attaches a member of the asking runtime to a group that is read here; it takes part as this runtime's own do, but
     * never keeps the group open. Nothing is offered before credit was granted.
     *
     * <p>Fails with NOT_FOUND when the group is not read here, or FENCED when a newer epoch of the task is attached.
     */
    CompletionStage<Relay> relay(RelayTerms terms, RelayReceiver receiver);

    /** Hands a reply over. Fails with NOT_FOUND when nobody waits for it here any more. */
    CompletionStage<Void> reply(String correlation, Event reply);

    /** For how long each of the groups has been without members here; zero for one that has some, or may get one now. */
    CompletionStage<Map<SubscriptionName, Duration>> away(Set<SubscriptionName> groups);

    /**
     * Has this runtime let go of what it read of a group, so that the group can be moved, and read nothing of it until it
     * is told to go on, or some seconds are over. Members stay. Completes when nothing is read.
     */
    CompletionStage<Void> letGo(SubscriptionName group);

    /** Ends what {@link #letGo} began. */
    CompletionStage<Void> goOn(SubscriptionName group);
}
