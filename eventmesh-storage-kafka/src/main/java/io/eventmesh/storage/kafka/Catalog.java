package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The streams and groups of the mesh, as they stand in one compacted topic that every runtime follows.
 *
 * <p>A change is decided on what the topic says at that moment, and written under a transactional id that only one runtime
 * has at a time: whoever wants to write takes it over, reads to the end, decides, and writes. A write that another runtime
 * overtook is refused by Kafka; then it is read on and decided anew. So two runtimes cannot both be told yes to what does
 * not go together.
 *
 * <p>Thread-safe. What is asked is answered from memory; listeners are told on the catalog's thread and must not block.
 */
final class Catalog implements AutoCloseable {
    /** Told of every change of this and other runtimes, before the answer of one's own completes. */
    interface Listener {
        default void streamMade(StreamEntry stream) {}

        /** Also when it was made again meanwhile, with another topic id. */
        default void streamDeleted(StreamEntry stream) {}

        /** Null stands for a group that is not there. */
        default void groupChanged(@Nullable GroupEntry before, @Nullable GroupEntry after) {}
    }

    private final CatalogState state = new CatalogState();
    private final CatalogLog log;

    Catalog(Clients clients, TopicNames names, MeshClock clock) {
        this.log = new CatalogLog(clients, names, clock, state);
    }

    /** Told of everything from now on: what is there already when the catalog is opened, too. */
    void listen(Listener listener) {
        state.listen(listener);
    }

    /**
     * Reads the catalog to its end, and follows it from then on. Blocks.
     *
     * @throws EventMeshException STORAGE_UNAVAILABLE, or DATA_CORRUPT for a catalog that this release cannot read
     */
    void open(Duration within) {
        log.open(within);
    }

    Optional<StreamEntry> stream(StreamName name) {
        return state.stream(name);
    }

    Optional<StreamEntry> streamOf(String topic) {
        return state.streamOf(topic);
    }

    Collection<StreamEntry> streams() {
        return state.streams();
    }

    Optional<GroupEntry> group(SubscriptionName name) {
        return state.group(name);
    }

    Collection<GroupEntry> groups() {
        return state.groups();
    }

    /** What keeps the catalog from being followed or written, if anything does. */
    Optional<String> trouble() {
        return log.trouble();
    }

    /**
     * Replaces a group, if it is as expected; null for one that is not there. Completes with false if it is not, and with
     * true also when it is already what it shall be.
     */
    CompletionStage<Boolean> changeGroup(
            SubscriptionName name, @Nullable GroupEntry expected, @Nullable GroupEntry next) {
        String key = CatalogForm.key(name);
        return change(draft -> {
            GroupEntry stands = draft.fact(key) instanceof CatalogFact.Group group ? group.entry() : null;
            if (Objects.equals(stands, next)) {
                return true;
            }
            if (!Objects.equals(stands, expected)) {
                return false;
            }
            if (next == null) {
                draft.remove(key);
            } else {
                draft.put(new CatalogFact.Group(next));
            }
            return true;
        });
    }

    /** The stream as it stands, also one whose topic is going. */
    Optional<CatalogFact.Stream> streamFact(StreamName name) {
        return state.fact(CatalogForm.key(name)) instanceof CatalogFact.Stream stream
                ? Optional.of(stream)
                : Optional.empty();
    }

    /** The streams that are deleted, but whose topics may still be there. */
    List<StreamEntry> going() {
        return state.going();
    }

    /** Notes a stream unless one of the name is noted already; completes with what is noted then. */
    CompletionStage<CatalogFact.Stream> addStream(StreamEntry entry) {
        String key = CatalogForm.key(entry.name());
        return change(draft -> {
            if (draft.fact(key) instanceof CatalogFact.Stream stands) {
                return stands;
            }
            CatalogFact.Stream made = new CatalogFact.Stream(entry, false);
            draft.put(made);
            return made;
        });
    }

    /** Notes that a stream is deleted: nobody sees it from then on. Completes with it, if it was there. */
    CompletionStage<Optional<StreamEntry>> markStream(StreamName name) {
        String key = CatalogForm.key(name);
        return change(draft -> {
            if (!(draft.fact(key) instanceof CatalogFact.Stream stands)) {
                return Optional.empty();
            }
            if (!stands.going()) {
                draft.put(new CatalogFact.Stream(stands.entry(), true));
            }
            return Optional.of(stands.entry());
        });
    }

    /** Forgets a deleted stream, after its topic went. */
    CompletionStage<Void> forgetStream(StreamEntry entry) {
        String key = CatalogForm.key(entry.name());
        return change(draft -> {
                    if (draft.fact(key) instanceof CatalogFact.Stream stands
                            && stands.going()
                            && stands.entry().equals(entry)) {
                        draft.remove(key);
                    }
                    return Boolean.TRUE;
                })
                .thenApply(done -> null);
    }

    private <T> CompletionStage<T> change(Function<CatalogDraft, T> decision) {
        return log.change(decision);
    }

    boolean isClosed() {
        return log.isClosed();
    }

    /** Refuses what was not decided yet, and ends the thread. */
    @Override
    public void close() {
        log.close();
    }

    static EventMeshException closed() {
        return new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "kafka storage: closed (expected: running)");
    }
}
