package io.eventmesh.connector.kafka.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.event.Event;
import java.math.BigDecimal;
import java.util.Map;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConnectEventsTest {
    private static final Schema ROW = SchemaBuilder.struct()
            .field("id", Schema.INT32_SCHEMA)
            .field("price", Decimal.builder(2).optional().build())
            .build();
    private static final Schema SOURCE = SchemaBuilder.struct()
            .field("connector", Schema.STRING_SCHEMA)
            .field("ts_ms", Schema.INT64_SCHEMA)
            .field("schema", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA)
            .field("txId", Schema.OPTIONAL_INT64_SCHEMA)
            .field("a_name_that_is_too_long", Schema.STRING_SCHEMA)
            .build();
    private static final Schema CHANGE = SchemaBuilder.struct()
            .field("after", ROW)
            .field("source", SOURCE)
            .field("op", Schema.STRING_SCHEMA)
            .build();

    @Test
    void aStructBecomesJsonWithDecimalsAsNumbersOrInTheirBytes() {
        Struct row = new Struct(ROW).put("id", 1).put("price", new BigDecimal("1.50"));

        assertThat(data(event(record(null, null, ROW, row)))).isEqualTo("{\"id\":1,\"price\":1.50}");
        Event base64 = event(
                new ConnectEvents("p", new EventForm("", EventForm.Decimals.BASE64)), record(null, null, ROW, row));
        assertThat(data(base64)).isEqualTo("{\"id\":1,\"price\":\"AJY=\"}");
    }

    @Test
    void bytesStayBytes() {
        Event event = event(record(null, null, Schema.BYTES_SCHEMA, new byte[] {0, (byte) 0xff}));

        assertThat(event.dataContentType()).isEqualTo("application/octet-stream");
        assertThat(event.data()).containsExactly(0, (byte) 0xff);
    }

    @Test
    void mapsWithoutASchemaBecomeJson() {
        assertThat(data(event(record(null, null, null, Map.of("a", 1))))).isEqualTo("{\"a\":1}");
    }

    @Test
    void aRecordWithoutAValueIsATombstone() {
        Event event = event(record(Schema.STRING_SCHEMA, "k", null, null));

        assertThat(event.type()).isEqualTo("connect.p.record.tombstone");
        assertThat(event.data()).isEmpty();
        assertThat(event.partitionKey()).isEqualTo("k");
    }

    @Test
    void aKeyThatIsAStructIsItsJsonAndALongOneItsHash() {
        Schema key = SchemaBuilder.struct().field("id", Schema.INT32_SCHEMA).build();

        Event struct = event(record(key, new Struct(key).put("id", 7), Schema.STRING_SCHEMA, "v"));
        Event longer = event(record(Schema.STRING_SCHEMA, "k".repeat(500), Schema.STRING_SCHEMA, "v"));

        assertThat(struct.partitionKey()).isEqualTo("{\"id\":7}");
        assertThat(struct.subject()).isEqualTo("topic");
        assertThat(longer.partitionKey()).hasSize(64);
        assertThat(longer.subject()).isEqualTo("topic");
    }

    @Test
    void aChangeOfDebeziumHasItsTypeTableTimeAndAttributes() {
        Event event = event(record(null, null, CHANGE, change()));

        assertThat(event.type()).isEqualTo("io.debezium.connector.postgresql.DataChangeEvent");
        assertThat(event.subject()).isEqualTo("public.orders");
        assertThat(event.attribute("time")).isEqualTo("1970-01-01T00:00:02Z");
        assertThat(event.attribute("iodebeziumop")).isEqualTo("u");
        assertThat(event.attribute("iodebeziumtable")).isEqualTo("orders");
        assertThat(event.attribute("iodebeziumtxid")).isNull();
        assertThat(event.attributeNames()).allMatch(name -> name.length() <= 20);
        assertThat(data(event)).contains("\"op\":\"u\"").contains("a_name_that_is_too_long");
    }

    @Test
    void aTypeOfTheConfigurationWins() {
        ConnectEvents events = new ConnectEvents("p", new EventForm("order.changed", EventForm.Decimals.NUMERIC));

        assertThat(event(events, record(null, null, CHANGE, change())).type()).isEqualTo("order.changed");
    }

    @Test
    void noHeaderIsLost() {
        ConnectHeaders headers = new ConnectHeaders();
        headers.addString("Trace-Id", "abc");
        headers.addString("traceid", "second");
        headers.addString("type", "taken");
        headers.addString("meshtopic", "reserved");
        headers.addString("a.header.with.a.very.long.name", "long");
        headers.addString("broken", "line\nbreak");
        headers.add("empty", SchemaAndValue.NULL);
        headers.addString("__debezium.context.runId", "differs each time");
        SourceRecord record =
                new SourceRecord(Map.of(), Map.of(), "topic", 0, null, null, Schema.STRING_SCHEMA, "v", null, headers);

        Event event = event(record);

        assertThat(event.attribute("traceid")).isEqualTo("abc");
        assertThat(event.attribute("connectheaders"))
                .isEqualTo("{\"a.header.with.a.very.long.name\":\"long\",\"broken\":\"line\\nbreak\",\"empty\":\"\","
                        + "\"meshtopic\":\"reserved\",\"traceid\":\"second\",\"type\":\"taken\"}");
    }

    private static Struct change() {
        Struct source = new Struct(SOURCE)
                .put("connector", "postgresql")
                .put("ts_ms", 2_000L)
                .put("schema", "public")
                .put("table", "orders")
                .put("a_name_that_is_too_long", "x");
        return new Struct(CHANGE)
                .put("after", new Struct(ROW).put("id", 1))
                .put("source", source)
                .put("op", "u");
    }

    private static SourceRecord record(
            @Nullable Schema keySchema, @Nullable Object key, @Nullable Schema schema, @Nullable Object value) {
        return new SourceRecord(Map.of(), Map.of(), "topic", keySchema, key, schema, value);
    }

    private static Event event(SourceRecord record) {
        return event(new ConnectEvents("p", EventForm.standard()), record);
    }

    private static Event event(ConnectEvents events, SourceRecord record) {
        return events.event(record).id("1").source("/s").build().requirePublishable();
    }

    private static String data(Event event) {
        return new String(event.data(), UTF_8);
    }
}
