package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable.Revision;
import io.eventmesh.admin.definition.DefinitionStore;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Stored;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What buses, rules and credentials have in common: list, read, write, delete, and what they were. */
final class DefinitionCalls implements RestCalls {
    private static final Listing<DefinitionRow> LISTING = new Listing<>(
                    "name", DefinitionRow::name, (DefinitionRow row) -> row.name() + " " + row.labels())
            .by("createdAt", row -> Listing.number(row.createdMillis()))
            .by("updatedAt", row -> Listing.number(row.updatedMillis()));

    /** What a kind adds to what is shown of it. */
    interface Status {
        /** Once for each call, so that what all of a page need is asked once. */
        Function<DefinitionRow, ObjectNode> of(Call call);
    }

    private final DefinitionKind kind;
    private final DefinitionStore<?> store;
    private final Status status;
    private final Function<String, Optional<DefinitionRow>> given;

    /** @param given of a namespace: the one that is there although nobody wrote it */
    DefinitionCalls(
            DefinitionKind kind,
            DefinitionStore<?> store,
            Status status,
            Function<String, Optional<DefinitionRow>> given) {
        this.kind = kind;
        this.store = store;
        this.status = status;
        this.given = given;
    }

    @Override
    public void routes(Routes routes) {
        String word = kind.word().substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                + kind.word().substring(1);
        String all = "/" + kind.collection();
        String one = all + "/{name}";
        String words = kind == DefinitionKind.BUS ? "Buses" : word + "s";
        routes.read("list" + words, all, this::list)
                .write("create" + word, HttpMethod.POST, all, this::create)
                .read("get" + word, one, this::get)
                .write("put" + word, HttpMethod.PUT, one, this::put)
                .write("patch" + word, HttpMethod.PATCH, one, this::patch)
                .write("delete" + word, HttpMethod.DELETE, one, this::delete)
                .read("list" + word + "Revisions", one + "/revisions", this::revisions);
    }

    private Answer list(Call call) {
        Function<DefinitionRow, ObjectNode> view = view(call);
        Optional<DefinitionRow> itself = given.apply(call.namespace());
        if (LISTING.isPlain(call) && itself.isEmpty()) {
            return call.page(store.list(call.namespace(), call.after(), call.limit() + 1), view, DefinitionRow::name);
        }
        List<DefinitionRow> rows = new ArrayList<>(store.list(call.namespace(), "", Integer.MAX_VALUE));
        itself.filter(row -> rows.stream().noneMatch(other -> other.name().equals(row.name())))
                .ifPresent(rows::add);
        rows.sort(Comparator.comparing(DefinitionRow::name));
        return LISTING.page(call, rows, view);
    }

    private Answer get(Call call) {
        DefinitionRow row = store.get(call.namespace(), call.name());
        // what becomes of it changes without a revision
        return Answer.ok(view(call).apply(row)).seen(Long.toString(row.revision()));
    }

    private Answer create(Call call) {
        return shown(call, store.create(call.namespace(), call.document(), call.hook()), 201);
    }

    private Answer put(Call call) {
        Stored<DefinitionRow> stored =
                store.put(call.namespace(), call.name(), call.document(), call.precondition(), call.hook());
        return shown(call, stored.row(), stored.created() ? 201 : 200);
    }

    private Answer patch(Call call) {
        DefinitionRow row = store.patch(
                        call.namespace(), call.name(), call.document(), call.precondition(), call.hook())
                .row();
        return shown(call, row, 200);
    }

    private Answer delete(Call call) {
        store.delete(call.namespace(), call.name(), call.precondition(), call.hook());
        return Answer.empty(204);
    }

    private Answer revisions(Call call) {
        ObjectNode page = Json.object();
        ArrayNode items = page.putArray("items");
        for (Revision revision : store.revisions(call.namespace(), call.name())) {
            ObjectNode item = items.addObject()
                    .put("revision", revision.revision())
                    .put("createdAt", Documents.time(revision.createdMillis()));
            item.set("spec", Json.stored(revision.spec()));
        }
        return Answer.ok(page.putNull("nextCursor"));
    }

    /** The whole of one, as an answer to what was done with it. */
    Answer shown(Call call, DefinitionRow row, int code) {
        return Answer.json(code, view(call).apply(row)).revision(row.revision());
    }

    private Function<DefinitionRow, ObjectNode> view(Call call) {
        Function<DefinitionRow, ObjectNode> more = status.of(call);
        return row -> {
            ObjectNode resource = Json.object();
            ObjectNode metadata =
                    Documents.metadata(resource, row.name(), row.namespace(), row.labels(), row.revision());
            if (row.isStored()) {
                metadata.put("createdAt", Documents.time(row.createdMillis()))
                        .put("updatedAt", Documents.time(row.updatedMillis()));
            }
            resource.set("spec", store.spec(row));
            ObjectNode now = resource.putObject("status");
            now.putArray("conditions")
                    .addObject()
                    .put("type", "Accepted")
                    .put("status", "True")
                    .put("reason", "Checked")
                    .put("message", "");
            now.setAll(more.apply(row));
            return resource;
        };
    }
}
