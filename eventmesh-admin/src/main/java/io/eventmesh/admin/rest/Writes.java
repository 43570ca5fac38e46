package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.AuditRow;
import io.eventmesh.admin.database.AuditRow.Outcome;
import io.eventmesh.admin.database.AuditTable;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.IdempotencyTable;
import io.eventmesh.admin.definition.Change;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.WriteHook;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one way in which calls change something: at the leader only, once for each idempotency key, and with a record.
 *
 * <p>The record of a change of the database is stored by the transaction that changes it. What is done elsewhere has its
 * record stored before and completed after, so that a record in the state BEGUN says: the admin ended in between.
 * Thread-safe; blocks on the database.
 */
final class Writes {
    /** The lines for whoever collects logs; the table is what is asked. */
    private static final Logger audit = LoggerFactory.getLogger("audit");

    private static final long KEY_LIVES_MILLIS = Duration.ofHours(24).toMillis();
    private static final int MAX_KEPT_BODY = 64 << 10;

    private final Database database;
    private final LongSupplier term;
    private final MeshClock clock;

    /** @param term under which to write; throws NOT_LEADER */
    Writes(Database database, LongSupplier term, MeshClock clock) {
        this.database = database;
        this.term = term;
        this.clock = clock;
    }

    /** Only a plan was asked for: carries what would be changed out of the transaction, which is undone. */
    private static final class Planned extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Change change;

        Planned(Change change) {
            super("planned", null, false, false);
            this.change = change;
        }
    }

    /** Ends a transaction with what it would have changed. */
    private static final WriteHook PLAN = new WriteHook() {
        @Override
        public void stored(Handle handle, Change change) {
            throw new Planned(change);
        }

        @Override
        public boolean isPlan() {
            return true;
        }
    };

    Answer run(Routes.Route route, Call call) {
        long leads = term.getAsLong();
        if (call.dryRun()) {
            return plan(route, call);
        }
        Optional<String> key = call.idempotencyKey();
        if (key.isEmpty()) {
            return carryOut(route, call, leads, null);
        }
        String body = hash(new String(call.body(), StandardCharsets.UTF_8));
        Optional<Answer> before = begin(call, key.get(), body, leads);
        if (before.isPresent()) {
            return before.get();
        }
        Answer answer;
        try {
            answer = carryOut(route, call, leads, key.get());
        } catch (RuntimeException refused) {
            forget(call, key.get(), refused);
            throw refused;
        }
        String kept = answer.body().length() <= MAX_KEPT_BODY ? answer.body() : "";
        database.transaction(handle -> {
            IdempotencyTable.answered(
                    handle,
                    key.get(),
                    call.actor(),
                    answer.status(),
                    headers(answer),
                    answer.contentType() + "\n" + kept);
            return true;
        });
        return answer;
    }

    private Answer plan(Routes.Route route, Call call) {
        if (route.kind() == Routes.Kind.ACTION && !route.plans()) {
            throw Refusals.invalid("dryRun", "true", "false: %s has no plan".formatted(route.operationId()));
        }
        try {
            return route.call().apply(call.with(PLAN));
        } catch (Planned planned) {
            return Answer.ok(document(planned.change));
        }
    }

    private static ObjectNode document(Change change) {
        ObjectNode plan = Json.object().put("action", change.action());
        plan.set("before", change.before() == null ? null : Json.stored(change.before()));
        plan.set("after", change.after() == null ? null : Json.stored(change.after()));
        ArrayNode effects = plan.putArray("effects");
        change.effects()
                .forEach(effect -> effects.addObject()
                        .put("what", effect.what())
                        .put("effect", effect.effect().name()));
        ArrayNode warnings = plan.putArray("warnings");
        change.warnings().forEach(warnings::add);
        return plan;
    }

    // Records

    private Answer carryOut(Routes.Route route, Call call, long leads, @Nullable String key) {
        if (route.kind() == Routes.Kind.WRITE) {
            return route.call().apply(call.with((handle, change) -> stored(route, call, key, handle, change)));
        }
        AuditRow begun = row(route, call, resource(route, call), Outcome.BEGUN, null);
        long id = database.asLeader(leads, handle -> AuditTable.insert(handle, begun));
        try {
            Answer answer = route.call().apply(call);
            end(id, begun, Outcome.DONE, null);
            return answer;
        } catch (RuntimeException refused) {
            end(id, begun, Outcome.REFUSED, EventMeshException.of(refused));
            throw refused;
        }
    }

    private void stored(Routes.Route route, Call call, @Nullable String key, Handle handle, Change change) {
        if (key != null) {
            IdempotencyTable.answered(handle, key, call.actor(), IdempotencyTable.APPLIED, null, null);
        }
        if (!change.isNone()) {
            AuditRow row = row(route, call, change.resource(), Outcome.DONE, change);
            AuditTable.insert(handle, row);
            line(row, Outcome.DONE, null);
        }
    }

    private void end(long id, AuditRow begun, Outcome outcome, @Nullable EventMeshException refusal) {
        line(begun, outcome, refusal);
        database.transaction(handle -> {
            AuditTable.end(
                    handle,
                    id,
                    outcome,
                    refusal == null ? null : refusal.code().number(),
                    refusal == null ? "" : refusal.reason());
            return true;
        });
    }

    private AuditRow row(Routes.Route route, Call call, String resource, Outcome outcome, @Nullable Change change) {
        return new AuditRow(
                0,
                clock.millis(),
                call.actor(),
                call.actorKind(),
                call.address(),
                call.requestId(),
                call.via(),
                route.operationId(),
                call.namespace(),
                resource,
                outcome,
                null,
                change == null ? null : change.beforeRevision(),
                change == null ? null : change.afterRevision(),
                change == null || change.before() == null ? null : hash(change.before()),
                change == null || change.after() == null ? null : hash(change.after()),
                change == null ? "" : String.join("; ", change.warnings()));
    }

    private static void line(AuditRow row, Outcome outcome, @Nullable EventMeshException refusal) {
        audit.info(
                "Write. operation={} namespace={} resource={} outcome={} error={} actor={} request={}",
                row.operation(),
                row.namespace(),
                row.resource(),
                outcome,
                refusal == null ? "" : refusal.code(),
                row.actor(),
                row.requestId());
    }

    /** {@code tasks/7}: the path without what is done to it. */
    private static String resource(Routes.Route route, Call call) {
        String path = route.template();
        int action = path.lastIndexOf(':');
        String resource = action < 0 ? path : path.substring(0, action);
        for (Map.Entry<String, String> parameter : call.path().entrySet()) {
            resource = resource.replace("{" + parameter.getKey() + "}", parameter.getValue());
        }
        return resource.substring(1);
    }

    // Idempotency keys

    /** The answer, when there is one already. */
    private Optional<Answer> begin(Call call, String key, String body, long leads) {
        String route = call.method() + " " + call.uri();
        long now = clock.millis();
        try {
            return database.asLeader(leads, handle -> {
                Optional<IdempotencyTable.Request> there = IdempotencyTable.find(handle, key, call.actor())
                        .filter(request -> now - request.createdMillis() < KEY_LIVES_MILLIS);
                if (there.isPresent() && !mayRun(there.get(), key, route, body, leads)) {
                    return Optional.of(replayed(there.get()));
                }
                IdempotencyTable.begin(handle, key, call.actor(), shortened(route), body, leads, now);
                return Optional.empty();
            });
        } catch (EventMeshException taken) {
            // two with the same key at once: one of them was first
            throw taken.code() == ErrorCode.ALREADY_EXISTS ? runs(key) : taken;
        }
    }

    /** Whether a request that is there may begin anew: the admin that ran it ended before it did anything. */
    private static boolean mayRun(IdempotencyTable.Request there, String key, String route, String body, long leads) {
        if (!there.route().equals(shortened(route)) || !there.bodyHash().equals(body)) {
            throw new EventMeshException(
                    ErrorCode.IDEMPOTENCY_MISMATCH,
                    "Idempotency-Key: '%s' was used for another request (expected: the same request or a new key)"
                            .formatted(Names.shown(key)));
        }
        if (there.status() == null && there.term() == leads) {
            throw runs(key);
        }
        if (there.status() != null && there.status() == IdempotencyTable.APPLIED) {
            throw new EventMeshException(
                    ErrorCode.VERSION_CONFLICT,
                    "Idempotency-Key: '%s' took effect, its answer was lost (expected: reading the resource)"
                            .formatted(Names.shown(key)));
        }
        return there.status() == null;
    }

    private static EventMeshException runs(String key) {
        return new EventMeshException(
                ErrorCode.VERSION_CONFLICT,
                "Idempotency-Key: '%s' is being carried out (expected: its end)".formatted(Names.shown(key)));
    }

    private static Answer replayed(IdempotencyTable.Request request) {
        int status = request.status() == null ? 500 : request.status();
        String kept = request.body() == null ? "\n" : request.body();
        int line = kept.indexOf('\n');
        Map<String, String> headers = new LinkedHashMap<>();
        if (request.headers() != null) {
            Json.stored(request.headers())
                    .properties()
                    .forEach(header ->
                            headers.put(header.getKey(), header.getValue().asText()));
        }
        headers.put("Idempotency-Replayed", "true");
        return new Answer(status, kept.substring(0, line), kept.substring(line + 1), headers);
    }

    private static String headers(Answer answer) {
        ObjectNode headers = Json.object();
        answer.headers().forEach(headers::put);
        return headers.toString();
    }

    private void forget(Call call, String key, RuntimeException refused) {
        try {
            database.transaction(handle -> {
                IdempotencyTable.refused(handle, key, call.actor());
                return true;
            });
        } catch (EventMeshException unavailable) {
            refused.addSuppressed(unavailable);
        }
    }

    private static String shortened(String route) {
        return route.length() <= 600 ? route : route.substring(0, 536) + hash(route);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
