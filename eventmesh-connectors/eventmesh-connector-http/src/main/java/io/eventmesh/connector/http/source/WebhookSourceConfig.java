package io.eventmesh.connector.http.source;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import java.time.Duration;

/**
 * Where a webhook source listens, and what it takes.
 *
 * @param host the address it binds
 * @param port the port it binds, 0 for any free one
 * @param path the one path that it serves
 * @param format how a request becomes events
 * @param type the type of events whose request does not say one
 * @param typeHeader a header whose value is added to the type
 * @param maxBody a larger request is refused
 * @param answerTimeout how long a sender waits for the mesh at most
 * @param verification how it knows who posts
 * @param handshake to whom it consents
 */
public record WebhookSourceConfig(
        @Doc("The address to bind. Anything but this machine's own needs a verification.")
        String host,

        @Doc(value = "The port to bind; 0 for any free one, which the log tells.", required = true)
        int port,

        @Doc("The one path that is served.") String path,

        @Doc("""
                auto: CloudEvents in binary, structured or batch mode, and anything else as the data of an event. plain: \
                always the data of an event.""") Format format,

        @Doc("The type of events whose request says none.") String type,

        @Doc("""
                A header whose value is added to the type, after a dot. Empty for what the preset knows: X-GitHub-Event, \
                Stripe's type.""") String typeHeader,

        @Doc("A larger request is refused with 413.") DataSize maxBody,

        @Doc("A sender whose event is not stored by then is answered 503 and sends it again.")
        Duration answerTimeout,

        @Doc("How it is known who posts.") VerificationConfig verification,
        @Doc("To whom consent is given.") HandshakeConfig handshake) {

    /** How a request becomes events. */
    public enum Format {
        /** CloudEvents by their headers and content type, anything else as data. */
        AUTO,
        /** Always data. */
        PLAIN
    }

    public WebhookSourceConfig {
        Check.notBlank("host", host);
        Check.port("port", port);
        Check.require(path.matches("/[!-;=@-~]{0,1023}"), "path", "'" + path + "'", "an encoded path such as /hook");
        Check.notBlank("type", type);
        Check.require(
                typeHeader.matches("[A-Za-z0-9!#$%&'*+.^_`|~-]{0,128}"),
                "type-header",
                "'" + typeHeader + "'",
                "a header's name");
        Check.range("max-body", maxBody.bytes(), 1, 8L << 20);
        Check.positive("answer-timeout", answerTimeout);
        Check.require(
                answerTimeout.compareTo(Duration.ofMinutes(5)) <= 0, "answer-timeout", answerTimeout, "at most 5m");
    }

    static WebhookSourceConfig standard() {
        return new WebhookSourceConfig(
                "127.0.0.1",
                0,
                "/",
                Format.AUTO,
                "http.webhook",
                "",
                DataSize.ofMebibytes(1),
                Duration.ofSeconds(25),
                VerificationConfig.defaults(),
                HandshakeConfig.defaults());
    }
}
