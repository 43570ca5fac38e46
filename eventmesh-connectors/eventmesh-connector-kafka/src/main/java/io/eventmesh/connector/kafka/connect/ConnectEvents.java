package io.eventmesh.connector.kafka.connect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/**
 * Makes events of records.
 *
 * <table>
 *   <caption>What becomes what</caption>
 *   <tr><td>value</td><td>the data: JSON, or the bytes themselves; a record without a value has no data and the type's
 *   suffix {@code .tombstone}</td></tr>
 *   <tr><td>key</td><td>{@code partitionkey}, and {@code subject} where it is one word</td></tr>
 *   <tr><td>topic</td><td>{@code connecttopic}, and {@code subject} where the key is none</td></tr>
 *   <tr><td>timestamp</td><td>{@code time}</td></tr>
 *   <tr><td>headers</td><td>attributes of their names in small letters and digits; what has no such name or value stands
 *   as a JSON object in {@code connectheaders}</td></tr>
 *   <tr><td>Debezium's operation and source</td><td>{@code iodebeziumop}, {@code iodebeziumtable} and so on, the table as
 *   {@code subject}, and Debezium's type</td></tr>
 * </table>
 *
 * <p>Used by one thread.
 */
final class ConnectEvents implements AutoCloseable {
    private static final String JSON_TYPE = "application/json";
    private static final int LONGEST_NAME = 20;
    private static final int LONGEST_KEY = 256;
    private static final String DEBEZIUM = "iodebezium";
    /** Differs each time that a record is read, and says nothing of it. */
    private static final String DEBEZIUM_INTERNAL = "__debezium.context.";

    private static final Set<String> TAKEN = Set.of(
            "id",
            "source",
            "type",
            "specversion",
            "data",
            "subject",
            "time",
            "datacontenttype",
            "dataschema",
            "partitionkey",
            "connecttopic",
            "connectheaders");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final String type;
    private final boolean ownType;
    private final ConnectJson json;

    /** @param plugin the plugin's name */
    ConnectEvents(String plugin, EventForm form) {
        this.ownType = !form.type().isEmpty();
        this.type = ownType ? form.type() : "connect." + plugin + ".record";
        this.json = new ConnectJson(form.decimals());
    }

    EventBuilder event(SourceRecord record) {
        EventBuilder event = Event.builder();
        Struct change = change(record);
        String named = change == null || ownType ? type : debeziumType(change);
        event.type(record.value() == null ? named + ".tombstone" : named);
        if (record.topic() != null && isText(record.topic())) {
            event.attribute("connecttopic", record.topic());
        }
        time(record, change, event);
        key(record, change, event);
        if (change != null) {
            debezium(change, event);
        }
        headers(record, event);
        data(record, event);
        return event;
    }

    /** What there is of a record that a transform or JSON does not take: the record as it is, or its description. */
    EventBuilder untransformed(SourceRecord record) {
        try {
            return event(record);
        } catch (RuntimeException noJson) {
            return Event.builder()
                    .type(type)
                    .data("text/plain", String.valueOf(record).getBytes(StandardCharsets.UTF_8));
        }
    }

    @Override
    public void close() {
        json.close();
    }

    private void data(SourceRecord record, EventBuilder event) {
        Object value = record.value();
        if (value == null) {
            return;
        }
        byte[] binary = ConnectJson.binary(value);
        if (binary != null) {
            event.dataContentType("application/octet-stream").data(binary);
        } else {
            event.data(JSON_TYPE, json.bytes(record.valueSchema(), value));
        }
    }

    private void key(SourceRecord record, @Nullable Struct change, EventBuilder event) {
        Object key = record.key();
        String subject = change == null ? record.topic() : table(change);
        if (key != null) {
            byte[] binary = ConnectJson.binary(key);
            String text = binary == null
                    ? json.text(record.keySchema(), key)
                    : HexFormat.of().formatHex(binary);
            boolean fits = !text.isEmpty() && text.length() <= LONGEST_KEY && isText(text);
            event.attribute("partitionkey", fits ? text : sha256(text));
            boolean word = binary != null || key instanceof String || key instanceof Number;
            subject = change == null && word && fits ? text : subject;
        }
        if (subject != null && !subject.isEmpty() && isText(subject)) {
            event.subject(subject);
        }
    }

    private static void time(SourceRecord record, @Nullable Struct change, EventBuilder event) {
        Long millis = record.timestamp();
        if (millis == null && change != null && field(change.getStruct("source"), "ts_ms") instanceof Long changed) {
            millis = changed;
        }
        if (millis != null && millis >= 0) {
            event.time(Instant.ofEpochMilli(millis));
        }
    }

    private void headers(SourceRecord record, EventBuilder event) {
        Map<String, Object> rest = new TreeMap<>();
        Set<String> names = new TreeSet<>();
        for (Header header : record.headers()) {
            if (header.key().startsWith(DEBEZIUM_INTERNAL)) {
                continue;
            }
            String name = attributeName(header.key());
            String value = header.value() == null ? "" : json.text(header.schema(), header.value());
            if (isFree(name) && !value.isEmpty() && isText(value) && names.add(name)) {
                event.attribute(name, value);
            } else {
                rest.put(header.key(), value);
            }
        }
        if (!rest.isEmpty()) {
            try {
                event.attribute("connectheaders", JSON.writeValueAsString(rest));
            } catch (JsonProcessingException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    /** Names of the mesh's own ({@code mesh…}, {@code dl…}) are refused at publish. */
    private static boolean isFree(String name) {
        return !name.isEmpty()
                && name.length() <= LONGEST_NAME
                && !TAKEN.contains(name)
                && !name.startsWith("mesh")
                && !name.startsWith("dl")
                && !name.startsWith(DEBEZIUM);
    }

    /** The value if it is a change of a database as Debezium describes it. */
    private static @Nullable Struct change(SourceRecord record) {
        if (record.value() instanceof Struct value
                && value.schema().field("op") != null
                && field(value, "source") instanceof Struct source
                && field(source, "connector") instanceof String) {
            return value;
        }
        return null;
    }

    private static String debeziumType(Struct change) {
        return "io.debezium.connector.%s.DataChangeEvent"
                .formatted(change.getStruct("source").getString("connector"));
    }

    /** As Debezium's own converter names them. What has no short name stands in the data anyway. */
    private void debezium(Struct change, EventBuilder event) {
        attribute(event, "op", field(change, "op"));
        Struct source = change.getStruct("source");
        for (Field field : source.schema().fields()) {
            if (field.schema().type().isPrimitive() && field.schema().type() != Schema.Type.BYTES) {
                attribute(event, field.name(), source.get(field));
            }
        }
    }

    private static void attribute(EventBuilder event, String name, @Nullable Object value) {
        String full = DEBEZIUM + attributeName(name);
        if (value != null && full.length() <= LONGEST_NAME) {
            String text = value.toString();
            if (!text.isEmpty() && isText(text)) {
                event.attribute(full, text);
            }
        }
    }

    private static @Nullable String table(Struct change) {
        Struct source = change.getStruct("source");
        Object table = field(source, "table");
        if (table == null) {
            return null;
        }
        Object schema = field(source, "schema");
        Object owner = schema == null ? field(source, "db") : schema;
        return owner == null ? table.toString() : owner + "." + table;
    }

    private static @Nullable Object field(@Nullable Struct struct, String name) {
        return struct == null || struct.schema().field(name) == null ? null : struct.get(name);
    }

    private static String attributeName(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    }

    /** Whether it may be an attribute's value: no control characters, no half surrogate pairs. */
    private static boolean isText(String text) {
        return text.codePoints().noneMatch(c -> c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0xd800 && c <= 0xdfff));
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java platform has SHA-256", impossible);
        }
    }
}
