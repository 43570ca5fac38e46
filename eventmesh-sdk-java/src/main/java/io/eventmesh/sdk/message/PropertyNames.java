package io.eventmesh.sdk.message;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Properties of any name as attributes, whose names CloudEvents allows. What cannot keep its name is renamed, and the
 * attribute {@value #ORIGINALS} remembers it as a JSON object from the new name to the old one: the same convention as
 * that of the mesh's EventMesh door. Stateless.
 */
final class PropertyNames {
    static final String ORIGINALS = "eventmeshnames";

    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_LENGTH = 60;
    /** What an event has fields for, or what means something else on one. */
    private static final Set<String> MEANT =
            Set.of("id", "source", "type", "specversion", "data", "subject", "datacontenttype", ORIGINALS);
    /** Attributes whose values have rules. */
    private static final Set<String> RULED = Set.of("time", "dataschema", "partitionkey", "expirytime");

    private PropertyNames() {}

    /**
     * The properties under names that an event may have.
     *
     * @param taken names that the event has already
     */
    static Map<String, String> toAttributes(Map<String, String> properties, Set<String> taken) {
        Map<String, String> attributes = new LinkedHashMap<>();
        Map<String, String> broken = new TreeMap<>();
        properties.forEach((name, value) -> {
            boolean keeps = isPlain(name) && !taken.contains(name) && !isMeant(name, value);
            (keeps ? attributes : broken).put(name, value);
        });
        if (broken.isEmpty()) {
            return attributes;
        }
        Set<String> used = new HashSet<>(taken);
        used.addAll(attributes.keySet());
        Map<String, String> originals = new LinkedHashMap<>();
        broken.forEach((name, value) -> {
            String free = free(plain(name), value, used);
            used.add(free);
            attributes.put(free, value);
            originals.put(free, name);
        });
        attributes.put(ORIGINALS, json(originals));
        return attributes;
    }

    /**
     * An event's attributes under the names that they had as properties.
     *
     * @param without names that are no properties
     */
    static Map<String, String> toProperties(Event event, Set<String> without) {
        Map<String, String> originals = originals(event.attribute(ORIGINALS));
        Map<String, String> properties = new LinkedHashMap<>();
        for (String name : event.attributeNames()) {
            String value = event.attribute(name);
            if (value != null && !without.contains(name) && !name.equals(ORIGINALS)) {
                properties.put(originals.getOrDefault(name, name), value);
            }
        }
        return properties;
    }

    private static String free(String plain, String value, Set<String> used) {
        String base = ReservedAttributes.isReserved(plain) ? "x" + plain : plain;
        String name = base;
        for (int n = 2; used.contains(name) || isMeant(name, value); n++) {
            name = base + n;
        }
        return name;
    }

    private static boolean isMeant(String name, String value) {
        return MEANT.contains(name)
                || ReservedAttributes.isReserved(name)
                || (RULED.contains(name) && !isAccepted(name, value));
    }

    private static boolean isAccepted(String name, String value) {
        try {
            Event.builder()
                    .id("1")
                    .source("/")
                    .type("t")
                    .attribute(name, value)
                    .build()
                    .requirePublishable();
            return true;
        } catch (EventMeshException refused) {
            return false;
        }
    }

    private static boolean isPlain(String name) {
        return !name.isEmpty() && name.length() <= MAX_LENGTH && name.equals(plain(name));
    }

    private static String plain(String name) {
        StringBuilder plain = new StringBuilder(name.length());
        for (int i = 0; i < name.length() && plain.length() < MAX_LENGTH - 1; i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                plain.append((char) (c - 'A' + 'a'));
            } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                plain.append(c);
            }
        }
        return plain.isEmpty() ? "x" : plain.toString();
    }

    private static String json(Map<String, String> names) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            for (Map.Entry<String, String> name : names.entrySet()) {
                json.writeStringField(name.getKey(), name.getValue());
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("A text in memory failed to be written", impossible);
        }
        return text.toString();
    }

    /** Nothing for what is no such JSON: somebody else's attribute. */
    private static Map<String, String> originals(@org.jspecify.annotations.Nullable String json) {
        Map<String, String> names = new HashMap<>();
        if (json == null) {
            return names;
        }
        try (JsonParser in = JSON.createParser(json)) {
            if (in.nextToken() != JsonToken.START_OBJECT) {
                return Map.of();
            }
            while (in.nextToken() == JsonToken.FIELD_NAME) {
                String name = in.currentName();
                if (in.nextToken() != JsonToken.VALUE_STRING) {
                    return Map.of();
                }
                names.put(name, in.getText());
            }
            return names;
        } catch (IOException noJson) {
            return Map.of();
        }
    }
}
