package io.eventmesh.function.subscription;

import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.SpecVersion;
import io.eventmesh.spi.event.Event;
import java.net.URI;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An event's attributes as the SQL library asks for them, read from the bytes; it has no data. */
final class SqlEvent implements CloudEvent {
    private final Event event;

    SqlEvent(Event event) {
        this.event = event;
    }

    @Override
    public @Nullable Object getAttribute(String name) {
        return Dialect.valueOf(event, name);
    }

    @Override
    public @Nullable Object getExtension(String name) {
        return event.typedAttribute(name);
    }

    @Override
    public Set<String> getAttributeNames() {
        Set<String> names = new HashSet<>(event.attributeNames());
        SpecVersion.V1.getAllAttributes().stream()
                .filter(name -> Dialect.valueOf(event, name) != null)
                .forEach(names::add);
        return names;
    }

    @Override
    public Set<String> getExtensionNames() {
        return event.attributeNames();
    }

    @Override
    public SpecVersion getSpecVersion() {
        return SpecVersion.V1;
    }

    @Override
    public String getId() {
        return event.id();
    }

    @Override
    public String getType() {
        return event.type();
    }

    @Override
    public URI getSource() {
        return URI.create(event.source());
    }

    @Override
    public @Nullable String getDataContentType() {
        return event.dataContentType();
    }

    @Override
    public @Nullable URI getDataSchema() {
        String schema = event.attribute("dataschema");
        return schema == null ? null : URI.create(schema);
    }

    @Override
    public @Nullable String getSubject() {
        return event.subject();
    }

    @Override
    public @Nullable OffsetDateTime getTime() {
        String time = event.attribute("time");
        return time == null ? null : OffsetDateTime.parse(time);
    }

    @Override
    public @Nullable CloudEventData getData() {
        return null;
    }
}
