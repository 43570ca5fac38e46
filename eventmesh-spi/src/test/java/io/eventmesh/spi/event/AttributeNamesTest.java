package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AttributeNamesTest {
    private static final AttributeNames NAMES = AttributeNames.of(
            Set.of("a", "token", "password", "dlcause", "datacontenttype", "größe"), Set.of("mesh", "x"));

    @Test
    void aNameIsRecognisedInBytesAsInText() {
        List<String> names = List.of(
                "",
                "a",
                "b",
                "toke",
                "token",
                "tokens",
                "password",
                "passwore",
                "passwords",
                "dlcause",
                "dlcausf",
                "datacontenttype",
                "datacontenttypf",
                "datacontenxtype",
                "größe",
                "grüße",
                "mes",
                "mesh",
                "meshhops",
                "mush",
                "x",
                "xy",
                "yx");
        for (String name : names) {
            byte[] bytes = name.getBytes(UTF_8);
            byte[] padded = ("??" + name + "????????").getBytes(UTF_8);

            assertThat(test(bytes, 0, bytes.length)).as(name).isEqualTo(NAMES.test(name));
            assertThat(test(padded, 2, bytes.length)).as(name).isEqualTo(NAMES.test(name));
        }
        assertThat(names.stream().filter(NAMES))
                .containsExactly(
                        "a", "token", "password", "dlcause", "datacontenttype", "größe", "mesh", "meshhops", "x", "xy");
    }

    private static boolean test(byte[] bytes, int start, int length) {
        return NAMES.test(bytes, start, length, NameHead.of(bytes, start, length));
    }
}
