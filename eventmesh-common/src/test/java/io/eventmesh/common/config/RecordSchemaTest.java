package io.eventmesh.common.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecordSchemaTest {
    enum Mode {
        READ_ONLY,
        FULL
    }

    record Nested(boolean on) {}

    record Config(
            @Doc("Which file.") String path,
            @Nullable String charset,
            @Doc("How often.") Duration every,
            DataSize most,
            Secret token,
            Mode mode,
            List<Integer> numbers,
            Map<String, String> labels,
            Nested nested) {}

    @Test
    @SuppressWarnings("NullAway") // what must be given has no default
    void aRecordIsDescribedAsAnObjectThatTakesNothingElse() {
        Map<String, Object> schema = RecordSchema.of(
                Config.class,
                new Config(
                        null,
                        null,
                        Duration.ofSeconds(30),
                        DataSize.ofMebibytes(4),
                        Secret.of("s"),
                        Mode.FULL,
                        List.of(1),
                        Map.of(),
                        new Nested(true)));

        assertThat(schema)
                .containsEntry("$schema", "https://json-schema.org/draft/2020-12/schema")
                .containsEntry("type", "object")
                .containsEntry("additionalProperties", false)
                .containsEntry("required", List.of("path"));
        Map<?, ?> properties = (Map<?, ?>) schema.get("properties");
        assertThat(properties.get("path")).isEqualTo(Map.of("type", "string", "description", "Which file."));
        assertThat(property(properties, "every"))
                .containsEntry("default", "30s")
                .containsEntry("description", "How often.");
        assertThat(property(properties, "most")).containsEntry("default", "4MiB");
        assertThat(properties.get("token")).isEqualTo(Map.of("type", "string", "writeOnly", true));
        assertThat(properties.get("mode"))
                .isEqualTo(Map.of("type", "string", "enum", List.of("read-only", "full"), "default", "full"));
        assertThat(properties.get("numbers"))
                .isEqualTo(Map.of("type", "array", "items", Map.of("type", "integer"), "default", List.of(1)));
        assertThat(properties.get("nested"))
                .isEqualTo(Map.of(
                        "type",
                        "object",
                        "properties",
                        Map.of("on", Map.of("type", "boolean", "default", true)),
                        "additionalProperties",
                        false));
    }

    @Test
    void thePatternsTakeWhatTheBinderTakes() {
        Map<?, ?> properties = (Map<?, ?>)
                Objects.requireNonNull(RecordSchema.of(Config.class, null).get("properties"));
        Pattern every = Pattern.compile((String) property(properties, "every").get("pattern"));
        Pattern most = Pattern.compile((String) property(properties, "most").get("pattern"));

        assertThat(List.of("30s", "1m30s", "500ms", "PT30S", "7d")).allMatch(every.asMatchPredicate());
        assertThat(List.of("30", "s", "3 weeks")).noneMatch(every.asMatchPredicate());
        assertThat(List.of("4MiB", "512 KiB", "100B", "7", "1g")).allMatch(most.asMatchPredicate());
        assertThat(List.of("MiB", "4 pies")).noneMatch(most.asMatchPredicate());
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> property(Map<?, ?> properties, String key) {
        return (Map<String, Object>) Objects.requireNonNull(properties.get(key));
    }
}
