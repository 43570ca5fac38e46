package io.eventmesh.spi.target;

import java.util.Map;

/**
 * What would be sent to a destination, for people to look at; what is or may be secret in it is {@link #HIDDEN}.
 *
 * @param method how, such as {@code POST}
 * @param uri where to
 * @param headers in the order in which they were made
 * @param body as text
 */
public record Preview(String method, String uri, Map<String, String> headers, String body) {
    /** Instead of a secret. */
    public static final String HIDDEN = "***";
}
