package io.eventmesh.sdk;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.util.List;
import java.util.stream.Collectors;

/** Filters as the mesh takes them: a JSON array in the dialects of CloudEvents Subscriptions. Stateless. */
final class Filters {
    private Filters() {}

    /** @param expressions in the CloudEvents SQL Expression Language */
    static String sql(List<String> expressions) {
        return expressions.stream()
                .map(expression -> "{\"sql\":\"%s\"}".formatted(quoted(expression)))
                .collect(Collectors.joining(",", "[", "]"));
    }

    /** A webhook's specification. */
    static String webhook(String url) {
        return "{\"url\":\"%s\"}".formatted(quoted(url));
    }

    private static String quoted(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }
}
