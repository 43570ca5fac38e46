package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.sync.MeshPeers;
import java.util.function.Function;

/** Pages of what lives with mesh runtimes. */
final class MeshPages {
    private MeshPages() {}

    /**
     * A page out of items of which one more than asked for was read; names the runtimes that did not answer.
     *
     * @param key the name by which they are ordered
     */
    static <T> Answer of(Call call, MeshPeers.Found<T> found, Function<T, ObjectNode> view, Function<T, String> key) {
        int limit = call.limit();
        ObjectNode page = Json.object();
        ArrayNode items = page.putArray("items");
        found.items().stream().limit(limit).map(call.sparse(view)).forEach(items::add);
        if (found.items().size() > limit) {
            page.put("nextCursor", Call.cursor(key.apply(found.items().get(limit - 1))));
        } else {
            page.putNull("nextCursor");
        }
        if (!found.unavailable().isEmpty()) {
            ArrayNode unavailable = page.putArray("unavailable");
            found.unavailable().forEach(unavailable::add);
        }
        return Answer.ok(page);
    }
}
