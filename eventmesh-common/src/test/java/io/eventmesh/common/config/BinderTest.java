package io.eventmesh.common.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ConfigException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BinderTest {
    enum Mode {
        READ_ONLY,
        FULL
    }

    record Inner(int port, Duration drainTimeout) {
        Inner {
            Check.port("port", port);
            Check.notNegative("drain-timeout", drainTimeout);
        }
    }

    record Outer(
            String name,
            boolean enabled,
            long count,
            double ratio,
            Duration pause,
            DataSize maxSize,
            Secret password,
            Mode mode,
            Path directory,
            List<String> tags,
            Map<String, Integer> weights,
            Inner inner) {
        static Outer defaults() {
            return new Outer(
                    "n",
                    true,
                    1,
                    0.5,
                    Duration.ofSeconds(1),
                    DataSize.ofKibibytes(1),
                    Secret.none(),
                    Mode.FULL,
                    Path.of("d"),
                    List.of("a"),
                    Map.of("a", 1),
                    new Inner(1, Duration.ofSeconds(5)));
        }
    }

    record Source(
            @Doc(value = "Which file.", required = true) String path,
            @Nullable String charset,
            int rate,
            List<Inner> inners) {}

    @Test
    void anEmptyTreeIsTheDefaults() {
        assertThat(bind(Map.of()).orThrow("x")).isEqualTo(Outer.defaults());
    }

    @Test
    void everyTypeIsRead() {
        Outer bound = bind(Map.ofEntries(
                        Map.entry("name", "other"),
                        Map.entry("enabled", false),
                        Map.entry("count", 5_000_000_000L),
                        Map.entry("ratio", 2),
                        Map.entry("pause", "1m30s"),
                        Map.entry("max-size", 512),
                        Map.entry("password", "s"),
                        Map.entry("mode", "Read-Only"),
                        Map.entry("directory", "/x"),
                        Map.entry("tags", List.of("b", "c")),
                        Map.entry("weights", Map.of("b", 2)),
                        Map.entry("inner", Map.of("port", 7))))
                .orThrow("x");

        assertThat(bound)
                .isEqualTo(new Outer(
                        "other",
                        false,
                        5_000_000_000L,
                        2,
                        Duration.ofSeconds(90),
                        new DataSize(512),
                        Secret.of("s"),
                        Mode.READ_ONLY,
                        Path.of("/x"),
                        List.of("b", "c"),
                        Map.of("b", 2),
                        new Inner(7, Duration.ofSeconds(5))));
    }

    @Test
    void singleValuesMayStandAsText() {
        Outer bound = bind(Map.of(
                        "enabled", "FALSE",
                        "count", " 7 ",
                        "ratio", "0.25",
                        "max-size", "2MiB",
                        "tags", "x, y",
                        "inner", Map.of("port", "8080")))
                .orThrow("x");

        assertThat(bound.enabled()).isFalse();
        assertThat(bound.count()).isEqualTo(7);
        assertThat(bound.ratio()).isEqualTo(0.25);
        assertThat(bound.maxSize()).isEqualTo(DataSize.ofMebibytes(2));
        assertThat(bound.tags()).containsExactly("x", "y");
        assertThat(bound.inner().port()).isEqualTo(8080);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name     | 5      | a.name: 5 (expected: a text, in quotes if it looks otherwise)",
                "enabled  | maybe  | a.enabled: 'maybe' (expected: true or false)",
                "count    | 1.5    | a.count: '1.5' (expected: a whole number)",
                "ratio    | NaN    | a.ratio: 'NaN' (expected: a number)",
                "pause    | 30     | a.pause: '30' (expected: a duration such as 30s, 500ms or PT30S)",
                "max-size | 4 pies | a.max-size: '4 pies' (expected: a size such as 4MiB)",
                "mode     | half   | a.mode: 'half' (expected: one of: [read-only, full])",
                "weights  | x      | a.weights: 'x' (expected: a section)",
                "inner    | x      | a.inner: 'x' (expected: a section)",
            })
    void aValueOfAnotherTypeIsRefused(String key, String value, String problem) {
        Object raw = key.equals("name") ? (Object) Integer.valueOf(value) : value;

        assertThat(Binder.bind(Outer.class, Outer.defaults(), Map.of(key, raw), "a")
                        .problems())
                .containsExactly(problem);
    }

    @Test
    void aNumberBeyondItsTypeIsRefused() {
        assertThat(bind(Map.of("inner", Map.of("port", 3_000_000_000L))).problems())
                .containsExactly("inner.port: 3000000000 (expected: -2147483648..2147483647)");
        assertThat(bind(Map.of("count", "9223372036854775808")).problems()).hasSize(1);
        assertThat(bind(Map.of("count", 1.0)).problems()).containsExactly("count: 1.0 (expected: a whole number)");
    }

    @Test
    void allProblemsAreFoundInOnePass() {
        Bound<Outer> bound = bind(Map.of(
                "nmae", "x",
                "count", "many",
                "tags", List.of("a", 5),
                "weights", Map.of("w", "heavy"),
                "inner", Map.of("port", 70_000, "drain-timeout", "PT-1S", "prot", 1)));

        assertThat(bound.isValid()).isFalse();
        assertThat(bound.value()).isNull();
        assertThat(bound.problems())
                .containsExactlyInAnyOrder(
                        "nmae: unknown key (did you mean: name?)",
                        "count: 'many' (expected: a whole number)",
                        "tags[1]: 5 (expected: a text, in quotes if it looks otherwise)",
                        "weights.w: 'heavy' (expected: a whole number)",
                        "inner.prot: unknown key (did you mean: port?)",
                        "inner.port: 70000 (expected: 0..65535)",
                        "inner.drain-timeout: PT-1S (expected: 0 or longer)");
    }

    @Test
    void anUnknownKeyThatIsNearNothingListsTheKnownOnes() {
        assertThat(bind(Map.of("inner", Map.of("zzzzzz", 1))).problems())
                .containsExactly("inner.zzzzzz: unknown key (expected one of: [drain-timeout, port])");
    }

    @Test
    void aKeyInCamelCaseIsPointedToItsKebabCase() {
        assertThat(bind(Map.of("maxSize", 1)).problems())
                .containsExactly("maxSize: unknown key (did you mean: max-size?)");
    }

    @Test
    void keysThatAreBoundElsewhereMayBeMeant() {
        Bound<Inner> bound = Binder.bind(
                Inner.class,
                new Inner(1, Duration.ZERO),
                Map.of("memroy", Map.of()),
                "storage",
                Map.of("storage", Set.of("memory")));

        assertThat(bound.problems()).containsExactly("storage.memroy: unknown key (did you mean: memory?)");
    }

    @Test
    void noValueIsTheDefaultOfASectionAndAProblemOfEverythingElse() {
        assertThat(bind(Collections.singletonMap("inner", null)).orThrow("x")).isEqualTo(Outer.defaults());
        assertThat(bind(Collections.singletonMap("count", null)).problems())
                .containsExactly("count: no value (expected: a whole number)");
        assertThat(bind(Collections.singletonMap("max-size", null)).problems())
                .containsExactly("max-size: no value (expected: a size such as 4MiB)");
    }

    @Test
    @SuppressWarnings("NullAway") // what must be given has no default
    void whatHasNoDefaultMustBeGivenUnlessItIsNullable() {
        Source defaults = new Source(null, null, 10, List.of());

        assertThat(Binder.bind(Source.class, defaults, Map.of(), "").problems())
                .containsExactly("path: missing (expected: a text)");
        assertThat(Binder.bind(Source.class, defaults, Map.of("path", "/x"), "").orThrow("x"))
                .isEqualTo(new Source("/x", null, 10, List.of()));
        assertThat(Binder.bind(Source.class, null, Map.of("path", "/x"), "").problems())
                .containsExactlyInAnyOrder(
                        "rate: missing (expected: a whole number)", "inners: missing (expected: a list)");
    }

    @Test
    void recordsInAListAreBoundEach() {
        Source defaults = new Source("/x", null, 10, List.of());

        Bound<Source> good = Binder.bind(
                Source.class,
                defaults,
                Map.of("path", "/y", "inners", List.of(Map.of("port", 1, "drain-timeout", "1s"))),
                "");
        Bound<Source> bad =
                Binder.bind(Source.class, defaults, Map.of("path", "/y", "inners", List.of(Map.of("port", 1))), "");

        assertThat(good.orThrow("x").inners()).containsExactly(new Inner(1, Duration.ofSeconds(1)));
        assertThat(bad.problems())
                .containsExactly("inners[0].drain-timeout: missing (expected: a duration such as 30s)");
    }

    @Test
    void aSecretNeverStandsInAProblem() {
        assertThat(bind(Map.of("password", 12345)).problems())
                .singleElement()
                .asString()
                .doesNotContain("12345")
                .startsWith("password: ***");
    }

    @Test
    void theExceptionHoldsSourceAndProblems() {
        assertThatThrownBy(() -> bind(Map.of("nmae", 1)).orThrow("the file"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("Configuration refused: 1 problem in the file\n  nmae: unknown key (did you mean: name?)");
    }

    @Test
    void aRecordWrittenAsATreeReadsBackTheSame() {
        Outer defaults = Outer.defaults();

        assertThat(Binder.bind(Outer.class, null, RecordTree.of(defaults), "").orThrow("x"))
                .isEqualTo(defaults);
        assertThat(RecordTree.of(new Inner(1, Duration.ofMillis(1_500)))).containsEntry("drain-timeout", "1500ms");
    }

    private static Bound<Outer> bind(Map<String, ?> tree) {
        return Binder.bind(Outer.class, Outer.defaults(), tree, "");
    }
}
