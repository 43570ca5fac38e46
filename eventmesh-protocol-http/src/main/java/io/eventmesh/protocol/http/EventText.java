package io.eventmesh.protocol.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.http.EventJson;
import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The text of server-sent events. Stateless.
 *
 * <p>Spec: WHATWG HTML, section 9.2.
 */
final class EventText {
    private static final byte[] END = {'\n', '\n'};

    private EventText() {}

    /** What comes first: when to come back, and a hint when events may have been missed. */
    static byte[] opening(SubscriptionName subscription, EventStream.Form form, Duration retry) {
        StringBuilder text = new StringBuilder(": ").append(oneLine(subscription.toString()));
        text.append("\nretry: ").append(Math.min(2_000, retry.toMillis())).append("\n\n");
        if (!form.explicit() && !form.lastEventId().isEmpty()) {
            ObjectNode gap = Answers.MAPPER.createObjectNode().put("after", form.lastEventId());
            text.append("event: mesh.gap\ndata: ").append(gap).append("\n\n");
        }
        return bytes(text);
    }

    /** The whole event in JSON; without a name, so that every listener for messages gets it. */
    static byte[] structured(Delivery delivery, EventJson.Shown shown) {
        ByteArrayOutputStream out =
                new ByteArrayOutputStream(delivery.record().event().size() + 512);
        out.writeBytes(bytes(new StringBuilder("id: ")
                .append(Handles.position(delivery.position()))
                .append("\ndata: ")));
        out.writeBytes(EventJson.one(shown));
        out.writeBytes(END);
        return out.toByteArray();
    }

    /** The data alone, under the event's type as name; what is not text is Base64. */
    static byte[] data(Delivery delivery) {
        Event event = delivery.record().event();
        String data = event.dataKind() == DataKind.TEXT
                ? new String(event.data(), StandardCharsets.UTF_8)
                : Base64.getEncoder().encodeToString(event.data());
        StringBuilder text = new StringBuilder(data.length() + 128)
                .append("id: ")
                .append(Handles.position(delivery.position()))
                .append("\nevent: ")
                .append(oneLine(event.type()));
        for (String line : data.split("\r\n|\r|\n", -1)) {
            text.append("\ndata: ").append(line);
        }
        return bytes(text.append("\n\n"));
    }

    static byte[] goodbye(@Nullable EventMeshException cause) {
        ObjectNode why = Answers.MAPPER.createObjectNode();
        if (cause != null) {
            Answers.putProblem(why, cause);
        }
        return bytes(new StringBuilder("event: mesh.end\ndata: ").append(why).append("\n\n"));
    }

    private static String oneLine(String text) {
        return text.replace('\n', ' ').replace('\r', ' ');
    }

    private static byte[] bytes(StringBuilder text) {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
