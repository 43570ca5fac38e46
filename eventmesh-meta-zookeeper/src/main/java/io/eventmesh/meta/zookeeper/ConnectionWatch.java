package io.eventmesh.meta.zookeeper;

import io.eventmesh.spi.meta.MetaStore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Tells whether the connection stands. On the session's thread; {@link #close} by any. */
final class ConnectionWatch implements MetaStore.Handle, Session.Follower {
    private final Session session;
    private final Consumer<Boolean> listener;
    private @Nullable Boolean told;
    private boolean closed;

    ConnectionWatch(Session session, Consumer<Boolean> listener) {
        this.session = session;
        this.listener = listener;
    }

    void begin() {
        session.follow(this);
        tell(session.isConnected());
    }

    @Override
    public void connected() {
        tell(true);
    }

    @Override
    public void away() {
        tell(false);
    }

    @Override
    public void close() {
        session.run(() -> {
            closed = true;
            session.unfollow(this);
        });
    }

    private void tell(boolean connected) {
        if (!closed && (told == null || told != connected)) {
            told = connected;
            listener.accept(connected);
        }
    }
}
