package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.http.PercentText;
import org.jspecify.annotations.Nullable;

/**
 * What a path means. A topic's slashes stand in the path as they are, so the path is taken apart here, undecoded.
 *
 * @param resource which
 * @param argument the topic, name, token or reply address in it; empty where there is none
 */
record Route(Resource resource, String argument) {
    private static final String TOPICS = "/v1/topics/";
    private static final String REPLIES = "/v1/replies/";
    private static final String SESSIONS = "/v1/sessions/";
    private static final String SUBSCRIPTION = PushSubscriptions.PATH + "/";

    /** A kind of path, with the methods that it knows. */
    enum Resource {
        EVENTS("GET, POST, OPTIONS"),
        REQUESTS("POST, OPTIONS"),
        REPLIES("POST, OPTIONS"),
        SETTLEMENT("POST, OPTIONS"),
        SESSION("DELETE, OPTIONS"),
        SUBSCRIPTIONS("GET, HEAD, OPTIONS"),
        SUBSCRIPTION("GET, HEAD, PUT, DELETE, OPTIONS"),
        ENDPOINTS("GET, HEAD, OPTIONS");

        private final String methods;

        Resource(String methods) {
            this.methods = methods;
        }

        /** As the header {@code Allow} lists them. */
        String methods() {
            return methods;
        }
    }

    /** @throws EventMeshException REQUEST_INVALID for a path that is none, NOT_FOUND for one that means nothing */
    static Route of(@Nullable String path) {
        if (path == null || path.isEmpty() || path.charAt(0) != '/') {
            throw Query.invalid("path: '%s' (expected: a path that begins with a slash)"
                    .formatted(Names.shown(String.valueOf(path))));
        }
        requireSound(path);
        if (path.startsWith(TOPICS)) {
            int slash = path.lastIndexOf('/');
            if (slash > TOPICS.length()) {
                String topic = path.substring(TOPICS.length(), slash);
                if (path.endsWith("/events")) {
                    return new Route(Resource.EVENTS, topic);
                }
                if (path.endsWith("/requests")) {
                    return new Route(Resource.REQUESTS, topic);
                }
            }
        } else if (path.equals("/v1/deliveries:settle")) {
            return new Route(Resource.SETTLEMENT, "");
        } else if (path.startsWith(REPLIES) && path.length() > REPLIES.length()) {
            return new Route(Resource.REPLIES, path.substring(REPLIES.length()));
        } else if (path.startsWith(SESSIONS) && path.length() > SESSIONS.length()) {
            return new Route(Resource.SESSION, path.substring(SESSIONS.length()));
        } else if (path.equals(PushSubscriptions.PATH)) {
            return new Route(Resource.SUBSCRIPTIONS, "");
        } else if (path.startsWith(SUBSCRIPTION) && path.length() > SUBSCRIPTION.length()) {
            return new Route(Resource.SUBSCRIPTION, path.substring(SUBSCRIPTION.length()));
        } else if (path.equals("/v1/endpoints")) {
            return new Route(Resource.ENDPOINTS, "");
        }
        throw new EventMeshException(
                ErrorCode.NOT_FOUND,
                "path: %s (expected one of: /v1/topics/<topic>/events, /v1/topics/<topic>/requests,"
                                .formatted(Names.shown(path))
                        + " /v1/replies/<address>, /v1/deliveries:settle, /v1/sessions/<session>, /v1/subscriptions,"
                        + " /v1/subscriptions/<name>, /v1/endpoints)");
    }

    /** Refuses what another program on the way could read differently. */
    private static void requireSound(String path) {
        boolean encoded = false;
        boolean dots = false;
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c <= 0x20 || c >= 0x7f || c == '\\') {
                throw Query.invalid("path: '%s' (expected: printable ASCII without blanks and backslashes)"
                        .formatted(Names.shown(path)));
            }
            encoded |= c == '%';
            dots |= c == '.' && path.charAt(i - 1) == '/';
        }
        String decoded = encoded ? PercentText.decoded("path", path, false) : path;
        if (encoded || dots) {
            for (String segment : decoded.split("/", -1)) {
                if (segment.equals(".") || segment.equals("..")) {
                    throw Query.invalid("path: '%s' (expected: no segments . and ..)".formatted(Names.shown(path)));
                }
            }
        }
    }
}
