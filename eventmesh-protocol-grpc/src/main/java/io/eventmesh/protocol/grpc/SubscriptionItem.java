package io.eventmesh.protocol.grpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicPattern;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * One element of the JSON array in a client's message about subscriptions: {@code {"topic": …, "mode": …, "type": …}} to
 * subscribe, {@code {"topic": …, "url": …}} to say that it is still there.
 *
 * @param pattern a topic or pattern
 * @param isBroadcast whether the mode is BROADCASTING
 * @param isSync whether the type is SYNC: the listener answers
 * @param url of a heartbeat: where the events go; empty for none
 */
record SubscriptionItem(TopicPattern pattern, boolean isBroadcast, boolean isSync, String url) {
    private static final JsonFactory JSON = new JsonFactory();
    /** More than anybody subscribes to in one call. */
    private static final int MAX_ITEMS = 1_000;

    private static final String EXPECTED = "[{\"topic\": …, \"mode\": \"CLUSTERING|BROADCASTING\"}, …]";

    /** @throws EventMeshException REQUEST_INVALID when the bytes are no such array or it is empty */
    static List<SubscriptionItem> parse(byte[] json) {
        List<SubscriptionItem> items = new ArrayList<>();
        try (JsonParser in = JSON.createParser(json)) {
            require(in.nextToken() == JsonToken.START_ARRAY);
            while (in.nextToken() != JsonToken.END_ARRAY) {
                require(in.currentToken() == JsonToken.START_OBJECT && items.size() < MAX_ITEMS);
                items.add(item(in));
            }
        } catch (IOException notJson) {
            throw invalid();
        }
        require(!items.isEmpty());
        return items;
    }

    /** Whether the bytes are one JSON array of objects with texts, which is all that clients can read in an answer. */
    static boolean isArray(byte[] json) {
        try (JsonParser in = JSON.createParser(json)) {
            if (in.nextToken() != JsonToken.START_ARRAY) {
                return false;
            }
            while (in.nextToken() != JsonToken.END_ARRAY) {
                if (in.currentToken() != JsonToken.START_OBJECT) {
                    return false;
                }
                while (in.nextToken() == JsonToken.FIELD_NAME) {
                    if (!in.nextToken().isScalarValue()) {
                        return false;
                    }
                }
            }
            return in.nextToken() == null;
        } catch (IOException notJson) {
            return false;
        }
    }

    private static SubscriptionItem item(JsonParser in) throws IOException {
        String topic = "";
        String mode = "CLUSTERING";
        String type = "ASYNC";
        String url = "";
        while (in.nextToken() == JsonToken.FIELD_NAME) {
            String name = in.currentName();
            boolean text = in.nextToken() == JsonToken.VALUE_STRING;
            switch (text ? name : "") {
                case "topic" -> topic = in.getText();
                case "mode" -> mode = in.getText();
                case "type" -> type = in.getText();
                case "url" -> url = in.getText();
                default -> in.skipChildren();
            }
        }
        require(in.currentToken() == JsonToken.END_OBJECT);
        require(!topic.isEmpty() && (mode.equals("CLUSTERING") || mode.equals("BROADCASTING")));
        return new SubscriptionItem(TopicPattern.of(topic), mode.equals("BROADCASTING"), type.equals("SYNC"), url);
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw invalid();
        }
    }

    private static EventMeshException invalid() {
        return new EventMeshException(
                ErrorCode.REQUEST_INVALID, "subscription: not understood (expected: %s)".formatted(EXPECTED));
    }
}
