package io.eventmesh.function;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.nio.charset.StandardCharsets;

/** Events for the tests of this module. */
public final class Samples {
    private Samples() {}

    /** An order event with the given JSON payload. */
    public static EventView json(String data) {
        return view(Event.builder()
                .id("1")
                .source("/shop")
                .type("order.created")
                .attribute("region", "eu")
                .attribute("priority", 7)
                .attribute("express", true)
                .dataContentType("application/json")
                .text(data)
                .build());
    }

    public static EventView view(Event event) {
        return new EventView(TopicName.of("orders/eu"), event, 1_700_000_000_000L);
    }

    public static String data(Event event) {
        return new String(event.data(), StandardCharsets.UTF_8);
    }
}
