package io.eventmesh.admin.rest;

import io.vertx.core.Context;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Server-sent events of what changes. On the event loop; holds no other thread.
 *
 * <p>{@code event: change} says what changed, {@code event: reset} that everything must be read anew, {@code event:
 * dropped} how many changes a reader that was too slow did not get.
 */
final class ChangeStream {
    private static final long PING_MILLIS = 15_000;

    private final Changes changes;

    ChangeStream(Changes changes) {
        this.changes = changes;
    }

    /**
     * Answers until the caller leaves.
     *
     * @throws io.eventmesh.common.error.EventMeshException REQUEST_INVALID, QUOTA_EXCEEDED
     */
    void open(RoutingContext routing) {
        Set<String> kinds = kinds(routing.queryParams().get("watch"));
        String last = routing.request().getHeader("Last-Event-ID");
        HttpServerResponse response = routing.response();
        Context loop = routing.vertx().getOrCreateContext();
        Reader reader = new Reader(response, loop);
        changes.watch(kinds, last == null ? "" : last, reader);
        response.setChunked(true)
                .putHeader("Content-Type", "text/event-stream")
                .putHeader("Cache-Control", "no-store")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Request-Id", Gate.requestId(routing));
        long timer = routing.vertx().setPeriodic(PING_MILLIS, ignored -> reader.write(": ping\n\n"));
        response.closeHandler(gone -> {
            routing.vertx().cancelTimer(timer);
            changes.leave(reader);
        });
        response.exceptionHandler(broken -> changes.leave(reader));
        reader.write(": watching\n\n");
    }

    private static Set<String> kinds(@Nullable String watch) {
        if (watch == null || watch.isEmpty()) {
            return new LinkedHashSet<>(Changes.KINDS);
        }
        Set<String> kinds = new LinkedHashSet<>(Arrays.asList(watch.split(",", -1)));
        for (String kind : kinds) {
            if (!Changes.KINDS.contains(kind)) {
                throw Refusals.invalid("watch", kind, "some of " + Changes.KINDS);
            }
        }
        return kinds;
    }

    /** One caller; everything but {@link #changed} on its event loop. */
    private final class Reader implements Changes.Watcher {
        private final HttpServerResponse response;
        private final Context loop;
        private long dropped;

        Reader(HttpServerResponse response, Context loop) {
            this.response = response;
            this.loop = loop;
        }

        @Override
        public void changed(List<Changes.Line> lines) {
            loop.runOnContext(ignored -> take(lines));
        }

        @Override
        public void reset(long line) {
            loop.runOnContext(ignored -> write("id: %s\nevent: reset\ndata: {}\n\n".formatted(changes.id(line))));
        }

        private void take(List<Changes.Line> lines) {
            for (Changes.Line line : lines) {
                if (response.writeQueueFull()) {
                    dropped++;
                } else {
                    if (dropped > 0) {
                        write("event: dropped\ndata: {\"n\":%d}\n\n".formatted(dropped));
                        dropped = 0;
                    }
                    write("id: %s\nevent: change\ndata: %s\n\n".formatted(changes.id(line.number()), line.json()));
                }
            }
        }

        private void write(String text) {
            if (!response.closed() && !response.ended()) {
                response.write(text);
            }
        }
    }
}
