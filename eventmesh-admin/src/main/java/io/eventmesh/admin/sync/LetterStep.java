package io.eventmesh.admin.sync;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.schedule.Step;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import java.time.Duration;

/**
 * A redrive or a discard of dead letters, a few at a time. What a piece has settled is marked as done at the mesh, so that
 * a piece that comes twice goes on instead of doing it again.
 *
 * <p>The cursor is a JSON object: {@code at} of the mesh, how many are {@code done}, and the first that were
 * {@code skipped}.
 */
public final class LetterStep implements Step {
    /** Before the topic in an operation's resource. */
    public static final String RESOURCE = "dlq/";

    private static final int SHOWN = 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final MeshPeers peers;
    private final DeadLetterDesk.Action action;

    public LetterStep(MeshPeers peers, DeadLetterDesk.Action action) {
        this.peers = peers;
        this.action = action;
    }

    @Override
    public Progress run(Cursor cursor) {
        StreamName topic = new StreamName(cursor.namespace(), cursor.resource().substring(RESOURCE.length()));
        ObjectNode asked = read(cursor.request());
        ObjectNode state = cursor.at().isEmpty() ? JSON.createObjectNode() : read(cursor.at());
        long done = state.path("done").asLong(0);
        long left = LetterOrder.limit(asked) - done;
        DeadLetterDesk.Order order = LetterOrder.of(asked, action, cursor.operation());
        String at = state.path("at").asText("");
        int most = (int) Math.min(left, cursor.most());
        DeadLetterDesk.Step step = peers.first(admin -> admin.deadLetters().settle(topic, order, at, most, false));
        ArrayNode skipped = state.withArray("skipped");
        for (DeadLetterDesk.Skipped one : step.skipped()) {
            if (skipped.size() < SHOWN) {
                skipped.addObject()
                        .put("partition", one.place().partition())
                        .put("offset", one.place().offset())
                        .put("reason", one.reason());
            }
        }
        state.put("at", step.next()).put("done", done + step.done());
        boolean ended = step.next().isEmpty() || step.done() >= left;
        return new Progress(
                state.toString(),
                step.done(),
                0,
                step.skipped().size(),
                null,
                ended,
                ended ? result(skipped, step.blocked()) : null,
                Duration.ZERO);
    }

    private static String result(ArrayNode skipped, String blocked) {
        ObjectNode result = JSON.createObjectNode();
        result.set("skipped", skipped);
        return result.put("blocked", blocked).toString();
    }

    private static ObjectNode read(String text) {
        try {
            return (ObjectNode) JSON.readTree(text);
        } catch (JsonProcessingException | ClassCastException broken) {
            throw new EventMeshException(ErrorCode.DATA_CORRUPT, "operation: unreadable (expected: JSON)", broken);
        }
    }
}
