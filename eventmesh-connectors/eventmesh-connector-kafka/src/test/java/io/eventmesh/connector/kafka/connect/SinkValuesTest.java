package io.eventmesh.connector.kafka.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;

class SinkValuesTest {
    private static final String SCHEMA = """
            {"type": "struct", "fields": [{"field": "id", "type": "int32"}, {"field": "name", "type": "string", "optional": true}]}""";

    @Test
    void jsonBecomesMapsAndLists() {
        assertThat(value(ValueForm.Form.JSON, "", "{\"a\": [1, 2.5, null, \"x\", true]}"))
                .isEqualTo(new SchemaAndValue(null, Map.of("a", Arrays.asList(1L, 2.5, null, "x", true))));
    }

    @Test
    void aSchemaOfTheConfigurationMakesAStruct() {
        Struct struct =
                (Struct) value(ValueForm.Form.SCHEMA, SCHEMA, "{\"id\": 7}").value();

        assertThat(struct.getInt32("id")).isEqualTo(7);
        assertThat(struct.getString("name")).isNull();
    }

    @Test
    void aSchemaIsMadeFromTheValue() {
        SchemaAndValue made = value(
                ValueForm.Form.INFERRED,
                "",
                "{\"id\": 7, \"real\": 1.5, \"in\": {\"x\": null}, \"all\": [\"a\"], \"ok\": true}");
        Struct struct = (Struct) made.value();

        assertThat(made.schema().field("id").schema()).isEqualTo(Schema.OPTIONAL_INT64_SCHEMA);
        assertThat(struct.getInt64("id")).isEqualTo(7L);
        assertThat(struct.getFloat64("real")).isEqualTo(1.5);
        assertThat(struct.getStruct("in").getString("x")).isNull();
        assertThat(struct.getArray("all")).isEqualTo(List.of("a"));
        assertThat(struct.getBoolean("ok")).isTrue();
    }

    @Test
    void dataThatDoesNotFitIsRefusedForItself() {
        assertThatThrownBy(() -> value(ValueForm.Form.SCHEMA, SCHEMA, "{\"id\": \"seven\"}"))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("values.form");
        assertThatThrownBy(() -> value(ValueForm.Form.INFERRED, "", "{\"id\": [1, \"a\", {}]"))
                .isInstanceOf(EventMeshException.class);
    }

    @Test
    void theConfigurationIsChecked() {
        assertThat(SinkValues.problems(new ValueForm(ValueForm.Form.SCHEMA, SCHEMA)))
                .isEmpty();
        assertThat(SinkValues.problems(new ValueForm(ValueForm.Form.SCHEMA, "")))
                .singleElement()
                .asString()
                .startsWith("values.schema: ");
        assertThat(SinkValues.problems(new ValueForm(ValueForm.Form.SCHEMA, "{\"type\": \"no such\"}")))
                .singleElement()
                .asString()
                .startsWith("values.schema: ");
        assertThat(SinkValues.problems(new ValueForm(ValueForm.Form.JSON, SCHEMA)))
                .singleElement()
                .asString()
                .startsWith("values.schema: set");
    }

    private static SchemaAndValue value(ValueForm.Form form, String schema, String json) {
        try (SinkValues values = new SinkValues(new ValueForm(form, schema))) {
            return values.of(Event.builder()
                    .id("1")
                    .source("/s")
                    .type("t")
                    .dataContentType("application/json")
                    .text(json)
                    .build());
        }
    }
}
