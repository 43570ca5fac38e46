package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.meta.MetaStore;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One question to ZooKeeper, which ends with an answer, a refusal or its time. On the session's thread. */
final class Call<T extends @Nullable Object> {
    private final Session session;
    private final String what;
    private final Consumer<Call<T>> request;
    private final CompletableFuture<T> answer = new CompletableFuture<>();
    private @Nullable ScheduledFuture<?> timer;

    /** @param what for messages, such as {@code get runtimes/a} */
    Call(Session session, String what, Consumer<Call<T>> request) {
        this.session = session;
        this.what = what;
        this.request = request;
    }

    CompletableFuture<T> answer() {
        return answer;
    }

    void expireIn(Duration time) {
        timer = session.schedule(
                time,
                () -> fail(new EventMeshException(
                        ErrorCode.META_UNAVAILABLE,
                        "meta store: %s not answered within %s ms".formatted(what, time.toMillis()))));
    }

    void send() {
        if (answer.isDone()) {
            return;
        }
        try {
            request.accept(this);
        } catch (RuntimeException failure) {
            fail(EventMeshException.of(failure));
        }
    }

    void succeed(@Nullable T value) {
        end();
        answer.complete(value);
    }

    void fail(EventMeshException failure) {
        end();
        answer.completeExceptionally(failure);
    }

    /** Ends with what ZooKeeper said when it was none of the answers that mean something here. */
    void fail(int rc) {
        fail(Session.refusal(what, rc));
    }

    void conflict(long expected) {
        fail(new EventMeshException(
                ErrorCode.VERSION_CONFLICT,
                "meta store: %s found another version (expected: %s)"
                        .formatted(what, expected == MetaStore.ABSENT ? "absent" : expected)));
    }

    boolean isDone() {
        return answer.isDone();
    }

    private void end() {
        session.ended(this);
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
