package io.eventmesh.connector.http.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.Binder;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WebhookSourceProviderTest {
    private final WebhookSourceProvider provider = new WebhookSourceProvider();

    @Test
    void withoutVerificationOnlyThisMachineMayPost() {
        assertThat(problems(Map.of("port", 0))).isEmpty();
        assertThat(problems(Map.of("port", 0, "host", "0.0.0.0")))
                .singleElement()
                .asString()
                .startsWith("verification.preset: none");
        assertThat(problems(Map.of(
                        "port", 0, "host", "0.0.0.0", "verification", Map.of("preset", "github", "secrets", "s"))))
                .isEmpty();
    }

    @Test
    void eachPresetNamesWhatItMisses() {
        assertThat(problems(Map.of("port", 0, "verification", Map.of("preset", "stripe"))))
                .containsExactly("verification.secrets: missing (expected: one secret or more)");
        assertThat(problems(Map.of(
                        "port", 0, "verification", Map.of("preset", "standard", "secrets", List.of("no base64!")))))
                .containsExactly("verification.secrets[0]: *** (expected: whsec_ and Base64)");
        assertThat(problems(Map.of("port", 0, "verification", Map.of("preset", "generic", "secrets", "s"))))
                .singleElement()
                .asString()
                .startsWith("verification.header: missing");
        assertThat(problems(Map.of("port", 0, "verification", Map.of("preset", "basic", "secrets", "s"))))
                .singleElement()
                .asString()
                .startsWith("verification.username: missing");
    }

    @Test
    void wrongKeysAndTypesAreNamedWithTheirSection() {
        assertThat(bound(Map.of("port", "many", "verification", Map.of("presett", "github"))))
                .satisfiesExactlyInAnyOrder(
                        problem -> assertThat(problem).startsWith("port: "),
                        problem -> assertThat(problem).startsWith("verification.presett: unknown key (did you mean"));
        assertThat(bound(Map.of())).singleElement().asString().startsWith("port: missing");
    }

    private List<String> problems(Map<String, ?> tree) {
        return provider.validate(WebhookEventsTest.config(tree));
    }

    private List<String> bound(Map<String, ?> tree) {
        return Binder.bind(provider.configType(), provider.defaults(), tree, "").problems();
    }
}
