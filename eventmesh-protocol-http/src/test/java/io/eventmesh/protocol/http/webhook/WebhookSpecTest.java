package io.eventmesh.protocol.http.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookSpecTest {
    private static WebhookSpec parse(String text) {
        return WebhookSpec.parse(text.replace('\'', '"'));
    }

    @Test
    void aUrlIsEnough() {
        WebhookSpec spec = parse("{'url': 'https://example.com/hook'}");

        assertThat(spec.format()).isEqualTo(WebhookSpec.Format.BINARY);
        assertThat(spec.handshake()).isTrue();
        assertThat(spec.timeout()).isNull();
        assertThat(spec.headers()).isEqualTo(Map.of());
    }

    @Test
    void everyFieldIsRead() {
        WebhookSpec spec = parse(
                "{'url':'http://h:1/x','format':'structured','handshake':'require','origin':'mesh.example','rate':60,"
                        + "'timeout':'PT5S','headers':{'Authorization':'Bearer x'},'query':{'a':'1'},'signing':'shop-key',"
                        + "'call':'sync'}");

        assertThat(spec.format()).isEqualTo(WebhookSpec.Format.STRUCTURED);
        assertThat(spec.origin()).isEqualTo("mesh.example");
        assertThat(spec.ratePerMinute()).isEqualTo(60);
        assertThat(spec.timeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(spec.headers()).containsEntry("authorization", "Bearer x");
        assertThat(spec.url()).isEqualTo("http://h:1/x?a=1");
        assertThat(spec.signing()).isEqualTo("shop-key");
        assertThat(spec.sync()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]|spec",
                "nothing|spec",
                "{}|spec.url",
                "{'url':1}|spec.url",
                "{'url':'ftp://h/x'}|spec.url",
                "{'url':'http:///x'}|spec.url",
                "{'url':'http://user:pw@h/'}|spec.url",
                "{'url':'http://h/#f'}|spec.url",
                "{'url':'http://h/ x'}|spec.url",
                "{'url':'http://h:0/'}|spec.url",
                "{'url':'http://h:65536/'}|spec.url",
                "{'url':'http://h\\\\@127.0.0.1/'}|spec.url",
                "{'url':'http://127.1/'}|spec.url",
                "{'url':'file:///etc/passwd'}|spec.url",
                "{'url':'gopher://h/'}|spec.url",
                "{'url':'http://h','query':[]}|spec.query",
                "{'url':'http://h','query':{'a':1}}|spec.query.a",
                "{'url':'http://h','query':{'':'1'}}|spec.query.",
                "{'url':'http://h','signing':'a b'}|spec.signing",
                "{'url':'http://h','signing':7}|spec.signing",
                "{'url':'http://h','headers':{'webhook-id':'1'}}|spec.headers.webhook-id",
                "{'url':'http://h','format':'avro'}|spec.format",
                "{'url':'http://h','handshake':true}|spec.handshake",
                "{'url':'http://h','origin':'a b'}|spec.origin",
                "{'url':'http://h','rate':0}|spec.rate",
                "{'url':'http://h','rate':1.5}|spec.rate",
                "{'url':'http://h','timeout':'1h'}|spec.timeout",
                "{'url':'http://h','timeout':'soon'}|spec.timeout",
                "{'url':'http://h','headers':{'ce-id':'1'}}|spec.headers.ce-id",
                "{'url':'http://h','headers':{'Host':'x'}}|spec.headers.host",
                "{'url':'http://h','headers':{'a b':'x'}}|spec.headers.a b",
                "{'url':'http://h','headers':{'x':'a\\r\\nb'}}|spec.headers.x",
                "{'url':'http://h','headers':{'x':1}}|spec.headers.x",
                "{'url':'http://h','colour':'red'}|spec.colour",
                "{'url':'http://h'} {}|spec"
            })
    void whatIsWrongIsNamed(String text, String field) {
        assertThatThrownBy(() -> parse(text)).isInstanceOfSatisfying(EventMeshException.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.RULE_INVALID);
            assertThat(refused.reason()).startsWith(field + ": ").contains("(expected: ");
        });
    }

    @Test
    void whatMayBeSecretIsNotShown() {
        WebhookSpec spec =
                parse("{'url':'https://h/secret?token=secret','headers':{'x':'secret'},'query':{'a':'secret'}}");

        assertThat(spec.toString()).contains("https://h").doesNotContain("secret");
        assertThatThrownBy(() -> parse("{'url':'http://user:secret@h/'}")).hasMessageNotContaining("secret");
        assertThatThrownBy(() -> parse("{'url':'http://h/ ?token=secret'}")).hasMessageNotContaining("secret");
        assertThatThrownBy(() -> parse("{'url':'http://h/','query':{'a':['secret']}}"))
                .hasMessageNotContaining("secret");
    }

    @Test
    void aHeadersValueIsNotRepeatedInARefusal() {
        assertThatThrownBy(() -> parse("{'url':'http://h','headers':{'authorization':'s\u0001ecret'}}"))
                .hasMessageNotContaining("ecret");
    }
}
