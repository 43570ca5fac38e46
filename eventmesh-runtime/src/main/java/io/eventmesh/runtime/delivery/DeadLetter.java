package io.eventmesh.runtime.delivery;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.DeadLetterText;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.EventRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The untouched event plus why it could not be delivered, and the topic where that is kept. */
public final class DeadLetter {
    private static final int MAX_LEVEL = 64;
    private static final int MAX_TOPIC = 255;
    /** Of a topic there may be 16. */
    private static final int MAX_LEVELS = 13;

    private static final String HEAD = "_dl/";
    private static final String CONNECTORS = "_connectors/";
    /** What the names of the groups begin with that read an outbox. */
    public static final String TARGETS = "_targets/";

    private DeadLetter() {}

    /** The event with the attributes {@code dl…}. */
    static Event event(Entry entry, @Nullable TaskFence owner, long nowMillis) {
        EventRecord record = entry.requireRecord();
        Burial burial = entry.burial;
        Map<String, String> why = new LinkedHashMap<>();
        why.put("dlreason", entry.cause.reason());
        why.put("dlstage", owner == null ? "deliver" : "put");
        if (entry.cause.code() != null) {
            why.put("dlcode", entry.cause.code().name());
        }
        why.put("dlmsg", DeadLetterText.cut(entry.cause.message()));
        why.put("dlattempts", Integer.toString(burial == null ? entry.offers : burial.attempts()));
        why.put("dlexhausted", entry.exhausted);
        long first = burial == null || burial.firstMillis() == 0 ? entry.firstOfferMillis : burial.firstMillis();
        why.put(
                "dlfirsttime",
                Instant.ofEpochMilli(first == 0 ? nowMillis : first).toString());
        why.put("dllasttime", Instant.ofEpochMilli(nowMillis).toString());
        why.put(
                "dltopic",
                burial == null ? record.topic().value() : burial.from().value());
        why.put("dlposition", entry.position.toString());
        if (owner != null) {
            why.put("dlowner", owner.task());
            why.put("dlepoch", owner.term() + ":" + owner.epoch());
        } else if (burial != null) {
            why.put("dlowner", burial.owner());
            why.put("dlepoch", burial.epoch());
        }
        return record.event().with(why);
    }

    /** Whether the record is a dead letter itself, which is kept for people and does not expire. */
    static boolean isOne(EventRecord record) {
        return record.topic().value().startsWith(HEAD);
    }

    /** {@code _dl/<namespace>/group/<name>}, or {@code …/connector/<name>} for a connector's group. */
    public static TopicName topic(SubscriptionName subscription) {
        String group = subscription.group();
        return group.startsWith(CONNECTORS)
                ? topic(subscription.namespace(), "connector", group.substring(CONNECTORS.length()))
                : topic(subscription.namespace(), "group", group);
    }

    /**
     * {@code _dl/<namespace>/rule/<rule>/<target>}.
     *
     * @param target {@code rule/target}
     */
    public static TopicName ofTarget(String namespace, String target) {
        return topic(namespace, "rule", target);
    }

    private static TopicName topic(String namespace, String kind, String name) {
        String head = HEAD + namespace + "/" + kind;
        StringBuilder topic = new StringBuilder(head);
        String[] levels = name.split("/", -1);
        for (String level : levels) {
            topic.append('/').append(level(level));
        }
        boolean legal = topic.length() <= MAX_TOPIC && levels.length <= MAX_LEVELS;
        return TopicName.of(legal ? topic.toString() : head + '/' + digest(name));
    }

    /** A level of a group's name as a level of a topic: an empty one is written %, a long one shortened. */
    private static String level(String level) {
        if (level.isEmpty()) {
            return "%";
        }
        return level.length() <= MAX_LEVEL ? level : level.substring(0, 24) + '~' + digest(level);
    }

    private static String digest(String text) {
        return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString();
    }
}
