package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.PositionTable;
import io.eventmesh.admin.database.PositionTable.Place;
import io.eventmesh.admin.definition.Change;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.OperationRunner;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.rules.spec.InvalidDocument;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.vertx.core.http.HttpMethod;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Where the sources of a connector stand: read; changed and removed while it is stopped. */
final class PositionCalls implements RestCalls {
    private static final int MAX_CHANGES = 1000;
    private static final Set<String> FIELDS = Set.of("ordinal", "partition", "value", "valueBase64");

    private final Database database;
    private final Connectors connectors;
    private final OperationRunner leader;
    private final MeshClock clock;

    /** @param leader knows the term */
    PositionCalls(Database database, Connectors connectors, OperationRunner leader, MeshClock clock) {
        this.database = database;
        this.connectors = connectors;
        this.leader = leader;
        this.clock = clock;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listPositions", "/connectors/{name}/positions", this::list)
                .write("patchPositions", HttpMethod.PATCH, "/connectors/{name}/positions", this::patch)
                .write("resetPositions", HttpMethod.POST, "/connectors/{name}/positions:reset", this::reset);
    }

    private Answer list(Call call) {
        ConnectorRow connector = connectors.get(call.namespace(), call.name());
        return page(call, database.transaction(handle -> PositionTable.list(handle, connector.id())));
    }

    private static Answer page(Call call, List<Place> places) {
        int from = (int) Math.max(0, Math.min(places.size(), call.afterNumber(0)));
        int to = Math.min(places.size(), from + call.limit());
        ObjectNode page = Json.object();
        ArrayNode items = page.putArray("items");
        places.subList(from, to).forEach(place -> items.add(document(place)));
        page.put("nextCursor", to < places.size() ? Call.cursor(Integer.toString(to)) : null);
        return Answer.ok(page).tag(tag(places));
    }

    private static ObjectNode document(Place place) {
        ObjectNode document = Json.object()
                .put("ordinal", place.ordinal())
                .put("partition", place.partition())
                .put("seq", place.seq())
                .put("epoch", place.epoch())
                .put("updatedAt", Documents.time(place.updatedMillis()));
        text(place.value())
                .ifPresentOrElse(
                        text -> document.put("value", text),
                        () -> document.put("valueBase64", Base64.getEncoder().encodeToString(place.value())));
        return document;
    }

    private static Optional<String> text(byte[] value) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString());
        } catch (CharacterCodingException binary) {
            return Optional.empty();
        }
    }

    /** Changes with every position that is stored, changed or removed. */
    private static String tag(List<Place> places) {
        CRC32 sum = new CRC32();
        places.forEach(place -> sum.update((place.ordinal() + " " + place.partition() + " " + place.seq() + "\n")
                .getBytes(StandardCharsets.UTF_8)));
        return places.size() + "-" + Long.toHexString(sum.getValue());
    }

    private Answer patch(Call call) {
        List<PositionTable.Change> changes = changes(call.document());
        ConnectorRow connector = connectors.get(call.namespace(), call.name());
        List<Place> after = leader.underTerm(handle -> {
            List<Place> before = PositionTable.list(handle, connector.id());
            requireSame(call, before);
            PositionTable.patch(handle, connector.id(), changes, clock.millis());
            List<Place> now = PositionTable.list(handle, connector.id());
            stored(call, handle, connector, before, now);
            return now;
        });
        return page(call, after);
    }

    private Answer reset(Call call) {
        ConnectorRow connector = connectors.get(call.namespace(), call.name());
        int removed = leader.underTerm(handle -> {
            List<Place> before = PositionTable.list(handle, connector.id());
            requireSame(call, before);
            int rows = PositionTable.reset(handle, connector.id());
            stored(call, handle, connector, before, List.of());
            return rows;
        });
        return Answer.ok(Json.object().put("removed", removed));
    }

    private static void requireSame(Call call, List<Place> places) {
        String match = call.headers().getOrDefault("if-match", "").strip();
        String tag = "\"" + tag(places) + "\"";
        if (!match.isEmpty() && !match.equals("*") && !match.equals(tag)) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_FAILED, "positions: %s (expected: %s)".formatted(tag, Names.shown(match)));
        }
    }

    private static void stored(Call call, Handle handle, ConnectorRow connector, List<Place> before, List<Place> now) {
        boolean same = tag(before).equals(tag(now));
        call.hook()
                .stored(
                        handle,
                        new Change(
                                connector.namespace(),
                                "connectors/" + connector.name() + "/positions",
                                0L,
                                same ? 0L : 1L,
                                written(before),
                                written(now),
                                List.of(),
                                List.of()));
    }

    private static String written(List<Place> places) {
        ObjectNode all = Json.object();
        ArrayNode items = all.putArray("items");
        places.forEach(place -> items.add(document(place)));
        return all.toString();
    }

    private static List<PositionTable.Change> changes(ObjectNode body) {
        List<Field> problems = new ArrayList<>();
        body.fieldNames().forEachRemaining(name -> {
            if (!name.equals("positions")) {
                problems.add(new Field("/" + name, "unknown (expected: positions)"));
            }
        });
        JsonNode positions = body.path("positions");
        if (!positions.isArray() || positions.isEmpty() || positions.size() > MAX_CHANGES) {
            problems.add(new Field("/positions", "expected: a list of 1..%d".formatted(MAX_CHANGES)));
        }
        List<PositionTable.Change> changes = new ArrayList<>();
        for (int i = 0; problems.isEmpty() && i < positions.size(); i++) {
            changes.add(change(positions.get(i), "/positions/" + i, problems));
        }
        if (!problems.isEmpty()) {
            throw new InvalidDocument(ErrorCode.REQUEST_INVALID, "positions", problems);
        }
        return changes;
    }

    private static PositionTable.Change change(JsonNode one, String path, List<Field> problems) {
        one.fieldNames().forEachRemaining(name -> {
            if (!FIELDS.contains(name)) {
                problems.add(new Field(path + "/" + name, "unknown (expected one of: %s)".formatted(FIELDS)));
            }
        });
        JsonNode ordinal = one.path("ordinal");
        if (!ordinal.isInt() || ordinal.intValue() < 0) {
            problems.add(new Field(path + "/ordinal", "%s (expected: 0 or more)".formatted(shown(ordinal))));
        }
        JsonNode partition = one.path("partition");
        if (!partition.isTextual()) {
            problems.add(new Field(path + "/partition", "%s (expected: a string)".formatted(shown(partition))));
        }
        return new PositionTable.Change(ordinal.asInt(), partition.asText(), value(one, path, problems));
    }

    private static byte @Nullable [] value(JsonNode one, String path, List<Field> problems) {
        JsonNode text = one.get("value");
        JsonNode binary = one.get("valueBase64");
        if ((text == null) == (binary == null)) {
            problems.add(new Field(path + "/value", "expected: value or valueBase64, and not both"));
        } else if (text != null && text.isTextual()) {
            return text.textValue().getBytes(StandardCharsets.UTF_8);
        } else if (text != null && !text.isNull()) {
            problems.add(
                    new Field(path + "/value", "%s (expected: a string, or null to remove it)".formatted(shown(text))));
        } else if (binary != null) {
            try {
                return Base64.getDecoder().decode(binary.asText());
            } catch (IllegalArgumentException malformed) {
                problems.add(new Field(path + "/valueBase64", "%s (expected: base64)".formatted(shown(binary))));
            }
        }
        return null;
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "missing" : Names.shown(value.toString());
    }
}
