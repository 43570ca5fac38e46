package io.eventmesh.protocol.grpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One element of the JSON array in a subscription message: {@code {"topic": …, "mode": …, "type": …}}.
 *
 * @param topic a topic or pattern
 * @param isBroadcast whether the mode is BROADCASTING
 */
record SubscriptionItem(String topic, boolean isBroadcast) {
    private static final JsonFactory JSON = new JsonFactory();

    /** @throws EventMeshException REQUEST_INVALID when the bytes are no such array or it is empty */
    static List<SubscriptionItem> parse(byte[] json) {
        List<SubscriptionItem> items = new ArrayList<>();
        try (JsonParser in = JSON.createParser(json)) {
            require(in.nextToken() == JsonToken.START_ARRAY);
            while (in.nextToken() != JsonToken.END_ARRAY) {
                require(in.currentToken() == JsonToken.START_OBJECT);
                items.add(item(in));
            }
        } catch (IOException notJson) {
            throw invalid();
        }
        require(!items.isEmpty());
        return items;
    }

    private static SubscriptionItem item(JsonParser in) throws IOException {
        String topic = "";
        String mode = "CLUSTERING";
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            JsonToken value = in.nextToken();
            if (value == JsonToken.VALUE_STRING && name.equals("topic")) {
                topic = in.getText();
            } else if (value == JsonToken.VALUE_STRING && name.equals("mode")) {
                mode = in.getText();
            } else {
                in.skipChildren();
            }
        }
        require(!topic.isEmpty() && (mode.equals("CLUSTERING") || mode.equals("BROADCASTING")));
        return new SubscriptionItem(topic, mode.equals("BROADCASTING"));
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw invalid();
        }
    }

    private static EventMeshException invalid() {
        return new EventMeshException(
                ErrorCode.REQUEST_INVALID,
                "subscription: not understood (expected: [{\"topic\": …, \"mode\": \"CLUSTERING|BROADCASTING\"}, …])");
    }
}
