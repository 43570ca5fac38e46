package io.eventmesh.storage.kafka;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What the catalog says, as far as it was read. One thread applies records; every thread may look.
 */
final class CatalogState {
    /** By their keys. */
    private final Map<String, CatalogFact> facts = new ConcurrentHashMap<>();

    private final Map<StreamName, StreamEntry> streams = new ConcurrentHashMap<>();
    private final Map<String, StreamEntry> topics = new ConcurrentHashMap<>();
    private final Map<SubscriptionName, GroupEntry> groups = new ConcurrentHashMap<>();
    private final List<Catalog.Listener> listeners = new CopyOnWriteArrayList<>();

    void listen(Catalog.Listener listener) {
        listeners.add(listener);
    }

    @Nullable
    CatalogFact fact(String key) {
        return facts.get(key);
    }

    Optional<StreamEntry> stream(StreamName name) {
        return Optional.ofNullable(streams.get(name));
    }

    Optional<StreamEntry> streamOf(String topic) {
        return Optional.ofNullable(topics.get(topic));
    }

    Collection<StreamEntry> streams() {
        return List.copyOf(streams.values());
    }

    Optional<GroupEntry> group(SubscriptionName name) {
        return Optional.ofNullable(groups.get(name));
    }

    Collection<GroupEntry> groups() {
        return List.copyOf(groups.values());
    }

    List<StreamEntry> going() {
        return facts.values().stream()
                .filter(fact -> fact instanceof CatalogFact.Stream stream && stream.going())
                .map(fact -> ((CatalogFact.Stream) fact).entry())
                .toList();
    }

    /** Takes a record over and tells the listeners what it changed. */
    void apply(String key, @Nullable CatalogFact next) {
        CatalogFact before = next == null ? facts.remove(key) : facts.put(key, next);
        if (isLive(before) || isLive(next)) {
            stream(live(before), live(next));
        }
        if (before instanceof CatalogFact.Group || next instanceof CatalogFact.Group) {
            group(entry(before), entry(next));
        }
    }

    private void stream(@Nullable StreamEntry before, @Nullable StreamEntry next) {
        if (before != null && next != null && before.equals(next)) {
            return;
        }
        if (before != null) {
            streams.remove(before.name());
            topics.remove(before.topic());
            listeners.forEach(listener -> listener.streamDeleted(before));
        }
        if (next != null) {
            streams.put(next.name(), next);
            topics.put(next.topic(), next);
            listeners.forEach(listener -> listener.streamMade(next));
        }
    }

    private void group(@Nullable GroupEntry before, @Nullable GroupEntry next) {
        if (before != null && next != null && before.equals(next)) {
            return;
        }
        if (next != null) {
            groups.put(next.name(), next);
        } else if (before != null) {
            groups.remove(before.name());
        }
        listeners.forEach(listener -> listener.groupChanged(before, next));
    }

    private static boolean isLive(@Nullable CatalogFact fact) {
        return live(fact) != null;
    }

    private static @Nullable StreamEntry live(@Nullable CatalogFact fact) {
        return fact instanceof CatalogFact.Stream stream && !stream.going() ? stream.entry() : null;
    }

    private static @Nullable GroupEntry entry(@Nullable CatalogFact fact) {
        return fact instanceof CatalogFact.Group group ? group.entry() : null;
    }
}
