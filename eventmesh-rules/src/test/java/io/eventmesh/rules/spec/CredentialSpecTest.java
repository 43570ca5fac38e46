package io.eventmesh.rules.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.rules.spec.InvalidDocument.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialSpecTest {
    private final List<Field> problems = new ArrayList<>();

    private CredentialSpec read(String spec) {
        return CredentialSpec.read(Given.section(spec, problems));
    }

    @Test
    void onlyWholeReferencesAreShown() {
        CredentialSpec whole = read("{'kind':'basic','username':'u','password':'${file:/run/secrets/p}'}");
        CredentialSpec part = read("{'kind':'header','name':'X-Key','value':'secret ${env:X}'}");

        assertThat(whole.shown().path("password").asText()).isEqualTo("${file:/run/secrets/p}");
        assertThat(part.shown().path("value").asText()).isEqualTo("***");
        assertThat(part).hasToString("{\"kind\":\"header\",\"name\":\"X-Key\",\"value\":\"***\"}");
        assertThat(part.told()).isEqualTo("{\"name\":\"X-Key\",\"value\":\"secret ${env:X}\"}");
        assertThat(problems).isEmpty();
    }

    @Test
    void aHiddenSecretIsTheStoredOneOfTheSameKind() {
        CredentialSpec stored = read("{'kind':'bearer','token':'one'}");
        CredentialSpec other = read("{'kind':'header','name':'X','value':'one'}");
        CredentialSpec hidden = read("{'kind':'bearer','token':'***'}");

        assertThat(hidden.over(Optional.of(stored), problems).told()).isEqualTo(stored.told());
        assertThat(problems).isEmpty();
        hidden.over(Optional.of(other), problems);
        hidden.over(Optional.empty(), problems);
        assertThat(problems).extracting(Field::path).containsExactly("/spec/token", "/spec/token");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'kind':'bearer','token':'s3cret\\n'}",
                "{'kind':'bearer','token':['s3cret']}",
                "{'kind':'signing','secret':'s3cret'}",
                "{'kind':'signing','secret':'whsec_s3cret'}",
            })
    void aProblemNeverRepeatsASecret(String spec) {
        read(spec);

        assertThat(problems)
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).doesNotContain("s3cret"));
    }

    @Test
    void aSigningKeyHas24To64Bytes() {
        read("{'kind':'signing','secret':'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw','previous':'${env:OLD}'}");

        assertThat(problems).isEmpty();
    }
}
