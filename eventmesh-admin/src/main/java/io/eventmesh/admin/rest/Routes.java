package io.eventmesh.admin.rest;

import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What can be called, by the operation ids of the contract. Filled once, by one thread, before the server starts.
 *
 * <p>A template is a path below {@code /api/v1} with {@code {parameters}} of one segment each, and with {@code :action}
 * where something is done that is not a change of the document: {@code /tasks/{id}:restart}.
 */
final class Routes {
    /** What lies before every template. */
    static final String BASE = "/api/v1";

    private static final Pattern PARAMETER = Pattern.compile("\\{([A-Za-z0-9]+)}");

    /** Who answers, and what is written down of it. */
    enum Kind {
        /** Any admin; nothing is changed. */
        READ,
        /** The leader only, nothing is changed: what it alone can ask. */
        CHECK,
        /** The leader only; changes the database; its transaction calls {@link Call#hook}, which stores the record. */
        WRITE,
        /** The leader only; does something elsewhere: its record is stored before and completed after. */
        ACTION,
        /** Any admin; goes on until the caller leaves. */
        STREAM
    }

    /**
     * An operation of the contract.
     *
     * @param plans an action that answers {@code dryRun=true} itself, without doing anything
     */
    record Route(
            String operationId,
            HttpMethod method,
            String template,
            Kind kind,
            boolean plans,
            Function<Call, Answer> call) {
        /** The whole path as a regular expression whose groups are the parameters. */
        String regex() {
            Matcher parameter = PARAMETER.matcher(template);
            StringBuilder regex = new StringBuilder();
            int end = 0;
            while (parameter.find()) {
                regex.append(Pattern.quote(template.substring(end, parameter.start())))
                        .append("(?<")
                        .append(parameter.group(1))
                        .append(">[^/:]+)");
                end = parameter.end();
            }
            if (end < template.length()) {
                regex.append(Pattern.quote(template.substring(end)));
            }
            return BASE + regex;
        }
    }

    private final Map<String, Route> byOperation = new LinkedHashMap<>();

    Routes read(String operationId, String template, Function<Call, Answer> call) {
        return add(operationId, HttpMethod.GET, template, Kind.READ, call);
    }

    Routes write(String operationId, HttpMethod method, String template, Function<Call, Answer> call) {
        return add(operationId, method, template, Kind.WRITE, call);
    }

    Routes action(String operationId, HttpMethod method, String template, Function<Call, Answer> call) {
        return add(operationId, method, template, Kind.ACTION, call);
    }

    /** An action whose plan may be asked for: the call looks at {@link Call#dryRun}. */
    Routes plannedAction(String operationId, HttpMethod method, String template, Function<Call, Answer> call) {
        return add(new Route(operationId, method, template, Kind.ACTION, true, call));
    }

    Routes add(String operationId, HttpMethod method, String template, Kind kind, Function<Call, Answer> call) {
        return add(new Route(operationId, method, template, kind, false, call));
    }

    private Routes add(Route route) {
        if (byOperation.putIfAbsent(route.operationId(), route) != null) {
            throw new IllegalArgumentException("operation: '%s' twice (expected: once)".formatted(route.operationId()));
        }
        return this;
    }

    /** All of them, in the order in which they were named. */
    List<Route> table() {
        return new ArrayList<>(byOperation.values());
    }
}
