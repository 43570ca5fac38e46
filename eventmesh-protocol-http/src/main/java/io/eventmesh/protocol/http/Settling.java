package io.eventmesh.protocol.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.mesh.CallContext;
import java.time.Duration;
import java.util.Set;
import java.util.function.BiPredicate;

/**
 * Settles deliveries: {@code {"ack": ["…"], "release": [{"id": "…", "delay": "5s"}], "reject": [{"id": "…", "reason":
 * "…"}]}}. The whole document is read before anything is settled.
 */
final class Settling {
    private static final Set<String> FIELDS = Set.of("ack", "release", "reject");
    private static final Duration LONGEST = Duration.ofDays(7);
    private static final int MAX_REASON = 1_024;

    private final Consumers consumers;

    Settling(Consumers consumers) {
        this.consumers = consumers;
    }

    /** Says how many were settled, and which were over already or never were. */
    ObjectNode settle(CallContext call, byte[] body) {
        JsonBody document = JsonBody.of(body, FIELDS);
        document.items("release").forEach(each -> {
            each.requireFields(Set.of("id", "delay"));
            each.text("id");
            each.duration("delay", Duration.ZERO, Duration.ZERO, LONGEST);
        });
        document.items("reject").forEach(each -> {
            each.requireFields(Set.of("id", "reason"));
            each.text("id");
            each.text("reason", "", MAX_REASON);
        });
        ObjectNode answer = Answers.MAPPER.createObjectNode();
        ArrayNode unknown = answer.putArray("unknown");
        int settled = 0;
        for (String id : document.texts("ack")) {
            settled += settle(call, id, unknown, Consumer::ack);
        }
        for (JsonBody each : document.items("release")) {
            Duration delay = each.duration("delay", Duration.ZERO, Duration.ZERO, LONGEST);
            settled += settle(call, each.text("id"), unknown, (of, delivery) -> of.release(delivery, delay));
        }
        for (JsonBody each : document.items("reject")) {
            String reason = each.text("reason", "", MAX_REASON);
            settled += settle(call, each.text("id"), unknown, (of, delivery) -> of.reject(delivery, reason));
        }
        return answer.put("settled", settled);
    }

    private int settle(CallContext call, String id, ArrayNode unknown, BiPredicate<Consumer, Long> how) {
        Handles.Handle handle = Handles.parse(id);
        boolean settled = handle != null
                && consumers
                        .find(handle.token(), call)
                        .filter(consumer -> how.test(consumer, handle.delivery()))
                        .isPresent();
        if (!settled) {
            unknown.add(Names.shown(id));
        }
        return settled ? 1 : 0;
    }
}
