package io.eventmesh.protocol.http;

import io.eventmesh.http.EventJson;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands beside an event that is handed to a client, in attributes of the mesh, and how a client names a delivery:
 * {@code <token>.<number>}.
 */
final class Handles {
    static final String DELIVERY = "meshdelivery";
    static final String TOPIC = "meshtopic";
    static final String POSITION = "meshposition";
    static final String ATTEMPT = "meshattempt";

    /** A delivery as a client named it. */
    record Handle(String token, long delivery) {}

    private Handles() {}

    /** @param token of the consumer that must settle it; null when there is nothing to settle */
    static EventJson.Shown shown(Delivery delivery, @Nullable String token) {
        Map<String, Object> added = new LinkedHashMap<>();
        added.put(TOPIC, delivery.record().topic().value());
        added.put(POSITION, position(delivery.position()));
        added.put(ATTEMPT, delivery.attempt());
        if (token != null) {
            added.put(DELIVERY, token + '.' + Long.toString(delivery.id(), Character.MAX_RADIX));
        }
        return new EventJson.Shown(delivery.record().event(), added);
    }

    /** {@code <stream>/<partition>@<offset>}. */
    static String position(Position position) {
        StreamPartition partition = position.partition();
        return partition.stream().name() + '/' + partition.index() + '@' + position.offset();
    }

    /** Null when the text cannot be a handle. */
    static @Nullable Handle parse(String text) {
        int dot = text.lastIndexOf('.');
        if (dot <= 0 || text.length() > 128) {
            return null;
        }
        try {
            return new Handle(text.substring(0, dot), Long.parseLong(text.substring(dot + 1), Character.MAX_RADIX));
        } catch (NumberFormatException notANumber) {
            return null;
        }
    }
}
