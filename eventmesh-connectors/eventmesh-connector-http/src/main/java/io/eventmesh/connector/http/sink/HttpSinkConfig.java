package io.eventmesh.connector.http.sink;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP sink sends, and where.
 *
 * @param url a template
 * @param method of the requests
 * @param headers templates by name
 * @param format what a request with one event holds
 * @param body the template of {@code template}
 * @param contentType of a filled template
 * @param batch how many events go together
 * @param auth how it says who it is
 * @param timeout of one request
 * @param inFlight requests at once
 * @param retryAfterMax the longest patience a destination may ask for
 */
public record HttpSinkConfig(
        @Doc(
                value = "Where to. Path and query may hold values of the event, such as <$.data.user.id>.",
                required = true)
        @Nullable
        String url,

        @Doc("post, put or patch.") Method method,

        @Doc("Headers by name. Values may hold values of the event.")
        Map<String, String> headers,

        @Doc("""
                binary: the data, attributes in ce- headers. structured: the event in JSON. data: the data alone. \
                template: the body below.""") Format format,

        @Doc("""
                The body of format template. <$.data.a> is replaced by that value of the event (attributes stand at the \
                top), <mesh.topic>, <mesh.event.json>, <mesh.event.data> and <mesh.attempt> by what they say.""") @Nullable String body,

        @Doc("The content type of a filled template. With a JSON type, values are inserted as JSON.")
        String contentType,

        @Doc("Several events in one request.") BatchConfig batch,
        @Doc("How the sink says who it is.") AuthConfig auth,
        @Doc("How long one request may take.") Duration timeout,

        @Doc("""
                Requests at once. Events with the same partitionkey go one after the other; with 1, all of them.""") int inFlight,

        @Doc("The longest Retry-After that is respected.") Duration retryAfterMax) {
    /** Methods that hand something over. */
    public enum Method {
        POST,
        PUT,
        PATCH
    }

    /** What a request holds. */
    public enum Format {
        /** CloudEvents in binary mode. */
        BINARY,
        /** CloudEvents in structured mode. */
        STRUCTURED,
        /** The data alone. */
        DATA,
        /** A filled template. */
        TEMPLATE
    }

    public HttpSinkConfig {
        if (url != null) {
            Check.notBlank("url", url);
        }
        Check.require(headers.size() <= 32, "headers", headers.size() + " of them", "at most 32");
        Check.require(contentType.matches("[!-~]+/[!-~ ]+"), "content-type", "'" + contentType + "'", "a media type");
        Check.positive("timeout", timeout);
        Check.require(timeout.compareTo(Duration.ofMinutes(5)) <= 0, "timeout", timeout, "at most 5m");
        Check.range("in-flight", inFlight, 1, 256);
        Check.notNegative("retry-after-max", retryAfterMax);
        Check.require(
                retryAfterMax.compareTo(Duration.ofHours(1)) <= 0, "retry-after-max", retryAfterMax, "at most 1h");
    }

    static HttpSinkConfig standard() {
        return new HttpSinkConfig(
                null,
                Method.POST,
                Map.of(),
                Format.BINARY,
                null,
                "application/json",
                BatchConfig.defaults(),
                AuthConfig.defaults(),
                Duration.ofSeconds(10),
                8,
                Duration.ofHours(1));
    }
}
