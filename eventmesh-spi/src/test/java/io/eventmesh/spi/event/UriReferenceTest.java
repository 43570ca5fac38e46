package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UriReferenceTest {
    private static final String[] PARTS = {
        "a", "B", "1", "/", "/", ":", "?", "#", "-", ".", "_", "~", "+", "%20", "%", "[", "]", "@", " ", "ü", "://",
        "urn:"
    };
    private static final int RANDOM_CASES = 200_000;

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/", "/shop", "a/b", "https://example.org/a?b=c#d", "urn:isbn:1", "//host/x", "file:///a"})
    void aUriReferenceIsValid(String text) {
        assertThat(isValid(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "http:", "http://", "//", ":a", "1a:b", "%zz", "http://[", "a\\b"})
    void whatIsNoneIsNot(String text) {
        assertThat(isValid(text)).isFalse();
    }

    @Test
    void shortCutsNeverChangeTheAnswer() {
        long seed = Seed.next();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < RANDOM_CASES; i++) {
            StringBuilder text = new StringBuilder();
            for (int parts = random.nextInt(7); parts > 0; parts--) {
                text.append(PARTS[random.nextInt(PARTS.length)]);
            }
            boolean valid = isValid(text.toString());
            if (valid != validForJava(text.toString())) {
                throw new AssertionError("seed %d: '%s' is valid: %s".formatted(seed, text, valid));
            }
        }
    }

    private static boolean isValid(String text) {
        byte[] bytes = ("x" + text + "x").getBytes(UTF_8);
        return UriReference.isValid(bytes, 1, bytes.length - 1);
    }

    private static boolean validForJava(String text) {
        try {
            new URI(text);
            return true;
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
