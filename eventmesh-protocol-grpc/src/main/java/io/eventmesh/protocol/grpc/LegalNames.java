package io.eventmesh.protocol.grpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Gives attributes names that CloudEvents allows. Clients of EventMesh may call theirs whatever they like; a consumer
 * that listens for CloudEvents breaks its stream at the first name that is not of {@code a-z} and {@code 0-9}.
 *
 * <p>A name becomes lower case and loses every other character ({@code trace_Id} becomes {@code traceid}). Where the
 * result is taken by another attribute, or means something else to CloudEvents or to the SDK ({@code id}, {@code type},
 * {@code subject}), a number from 2 is put behind it; attributes that were legal keep their names, the others come in
 * the order of their names, so that the same event always gets the same names. The standard attributes {@code time},
 * {@code dataschema}, {@code datacontenttype}, {@code partitionkey} and {@code expirytime} whose value is none of
 * theirs give way likewise. The attribute {@value #ORIGINALS} remembers what was renamed, as a JSON object from the new
 * name to the one that was sent. Credentials and names that the mesh keeps for itself are cut, however they are spelled.
 */
final class LegalNames {
    static final String ORIGINALS = "eventmeshnames";

    private static final JsonFactory JSON = new JsonFactory();
    private static final int MAX_LENGTH = 60;
    /** Nobody means to send more; an event that does is left as it is, and refused. */
    private static final int MAX_RENAMED = 256;
    /** What CloudEvents has fields for. */
    private static final Set<String> FIELDS = Set.of("id", "source", "type", "specversion", "data");
    /** Attributes whose values have rules. */
    private static final Set<String> RULED =
            Set.of("time", "dataschema", "datacontenttype", "partitionkey", "expirytime");
    /** What a renamed attribute must not be taken for. */
    private static final Set<String> MEANT = Set.of(
            "time",
            "dataschema",
            "datacontenttype",
            "expirytime",
            "subject",
            "seqnum",
            "uniqueid",
            "submessagetype",
            "statuscode",
            ORIGINALS);

    private LegalNames() {}

    /** The event under legal names; the same event if all of its names are, or too many are not. */
    static Event of(Event event) {
        Set<String> broken = new TreeSet<>();
        Set<String> taken = new HashSet<>();
        for (String name : event.attributeNames()) {
            (isLegal(event, name) ? taken : broken).add(name);
        }
        if (broken.isEmpty() || broken.size() > MAX_RENAMED) {
            return event;
        }
        Map<String, String> renamed = new LinkedHashMap<>();
        Map<String, String> originals = new LinkedHashMap<>();
        for (String name : broken) {
            String plain = plain(name);
            String value = event.attribute(name);
            if (value != null && !Received.CREDENTIALS.contains(plain) && !ReservedAttributes.isReserved(plain)) {
                String free = free(plain, value, taken);
                taken.add(free);
                renamed.put(free, value);
                originals.put(free, name);
            }
        }
        if (!originals.isEmpty()) {
            renamed.put(ORIGINALS, json(originals));
        }
        return event.without(name -> broken.contains(name) || !isPlain(name)).with(renamed);
    }

    private static boolean isLegal(Event event, String name) {
        if (!isPlain(name) || FIELDS.contains(name)) {
            return false;
        }
        return !RULED.contains(name) || isAccepted(name, String.valueOf(event.attribute(name)));
    }

    /** Whether the mesh takes an event with such an attribute. */
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
        if (name.isEmpty() || name.length() > MAX_LENGTH + 4) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
                return false;
            }
        }
        return true;
    }

    /** What is left of a name of the characters that are allowed. */
    static String plain(String name) {
        StringBuilder plain = new StringBuilder(name.length());
        for (int i = 0; i < name.length() && plain.length() < MAX_LENGTH; i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                plain.append((char) (c - 'A' + 'a'));
            } else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
                plain.append(c);
            }
        }
        return plain.isEmpty() ? "x" : plain.toString();
    }

    private static String free(String plain, String value, Set<String> taken) {
        String name = plain;
        for (int n = 2; taken.contains(name) || FIELDS.contains(name) || isMeant(name, value); n++) {
            name = plain + n;
        }
        return name;
    }

    private static boolean isMeant(String name, String value) {
        return MEANT.contains(name) || (RULED.contains(name) && !isAccepted(name, value));
    }

    private static String json(Map<String, String> originals) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            for (Map.Entry<String, String> each : originals.entrySet()) {
                out.writeStringField(each.getKey(), each.getValue());
            }
            out.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }
}
