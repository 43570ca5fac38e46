package io.eventmesh.protocol.http.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.net.AddressRange;
import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.spi.target.Outcome;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallableHostsTest {
    private final Sending sending = new Sending();
    private Endpoint endpoint;

    @BeforeEach
    void listen() throws IOException {
        endpoint = new Endpoint(Endpoint.status(204));
        sending.addresses = new CallableAddresses(false, List.of());
    }

    @AfterEach
    void stop() {
        sending.close();
        endpoint.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:%d/",
                "http://localhost:%d/",
                "http://LOCALHOST:%d/",
                "http://[::1]:%d/",
                "http://[::ffff:127.0.0.1]:%d/",
                "http://[::ffff:7f00:1]:%d/",
                "http://127.0.0.2:%d/",
                "http://0.0.0.0:%d/",
                "http://[::]:%d/",
                "http://10.0.0.1:%d/",
                "http://169.254.169.254:%d/latest/meta-data/",
                "http://[fd00:ec2::254]:%d/",
                "http://100.100.100.200:%d/",
                "https://192.168.0.1:%d/"
            })
    void whatMustNotBeCalledStopsTheTarget(String url) {
        WebhookSender sender = sending.to(url.formatted(endpoint.port()), "'handshake': 'skip'");

        Outcome.Stop asked = (Outcome.Stop) Sending.get(sender.prepare());
        Outcome.Stop sent = (Outcome.Stop) Sending.get(sender.send(Sending.record("1"), 1));

        assertThat(asked.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(asked.reason()).contains("mesh.targets.allow");
        assertThat(sent.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
        assertThat(endpoint.received()).isEmpty();
    }

    /** Other spellings of 127.0.0.1, which some resolvers know. */
    @ParameterizedTest
    @ValueSource(strings = {"http://2130706433:%d/", "http://0x7f000001:%d/", "http://017700000001:%d/"})
    void otherSpellingsOfAnAddressGetNoFurther(String url) {
        WebhookSender sender = sending.to(url.formatted(endpoint.port()), "'handshake': 'skip', 'timeout': '2s'");

        assertThat(Sending.get(sender.send(Sending.record("1"), 1)))
                .isInstanceOfAny(Outcome.Stop.class, Outcome.Again.class);
        assertThat(endpoint.received()).isEmpty();
    }

    @Test
    void aRedirectToWhatMustNotBeCalledIsNotFollowed() {
        sending.addresses = new CallableAddresses(false, List.of(AddressRange.of("127.0.0.1")));
        endpoint.answer(Endpoint.status(302, "Location", "http://169.254.169.254/latest/meta-data/"));

        Outcome outcome =
                Sending.get(sending.to(endpoint.url(), "'handshake': 'skip'").send(Sending.record("1"), 1));

        assertThat(outcome).isInstanceOf(Outcome.Never.class);
        assertThat(endpoint.received()).hasSize(1);
    }

    @Test
    void tokensAreFetchedFromNoOtherPlacesEither() {
        sending.addresses = new CallableAddresses(false, List.of(AddressRange.of("127.0.0.1")));
        sending.credential(
                "idp", 1, "oauth2", "{'tokenUrl': 'http://10.0.0.1/token', 'clientId': 'c', 'clientSecret': 's'}");

        Outcome outcome = Sending.get(
                sending.to(endpoint.url(), "'handshake': 'skip'", "idp").send(Sending.record("1"), 1));

        assertThat(((Outcome.Stop) outcome).reason()).contains("10.0.0.1", "private");
        assertThat(endpoint.received()).isEmpty();
    }

    @Test
    void whatAnOperatorAllowsIsCalled() {
        sending.addresses = new CallableAddresses(false, List.of(AddressRange.of("127.0.0.0/8")));
        WebhookSender sender = sending.to(endpoint.url(), "'handshake': 'skip'");

        assertThat(Sending.get(sender.prepare())).isEqualTo(new Outcome.Done());
        assertThat(Sending.get(sender.send(Sending.record("1"), 1))).isEqualTo(new Outcome.Done());
    }
}
