package io.eventmesh.http;

import io.eventmesh.spi.event.Event;
import java.util.function.BiConsumer;

/**
 * The headers of an event in binary mode. Stateless.
 *
 * <p>Spec: CloudEvents HTTP protocol binding 1.0.2, section 3.1.
 */
public final class EventHeaders {
    private EventHeaders() {}

    /** Tells name and value of each header, {@code content-type} among them if the event has one. */
    public static void of(Event event, BiConsumer<String, String> header) {
        header.accept("ce-specversion", event.specVersion());
        header.accept("ce-id", PercentText.encoded(event.id()));
        header.accept("ce-source", PercentText.encoded(event.source()));
        header.accept("ce-type", PercentText.encoded(event.type()));
        for (String name : event.attributeNames()) {
            String value = event.attribute(name);
            if (value != null && !name.equals("datacontenttype")) {
                header.accept("ce-" + name, PercentText.encoded(value));
            }
        }
        String type = event.dataContentType();
        if (type != null) {
            header.accept("content-type", type);
        }
    }
}
