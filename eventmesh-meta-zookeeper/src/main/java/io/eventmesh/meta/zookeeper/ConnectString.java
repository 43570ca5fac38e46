package io.eventmesh.meta.zookeeper;

import java.util.function.Supplier;
import org.apache.curator.ensemble.EnsembleProvider;

/** The address that Curator connects to, asked anew each time, since the embedded server may move. Thread-safe. */
final class ConnectString implements EnsembleProvider {
    private final Supplier<String> connect;

    ConnectString(Supplier<String> connect) {
        this.connect = connect;
    }

    @Override
    public void start() {}

    @Override
    public void close() {}

    @Override
    public String getConnectionString() {
        return connect.get();
    }

    /** Does nothing: where the store is, the configuration or the host says. */
    @Override
    public void setConnectionString(String connectString) {}

    @Override
    public boolean updateServerListEnabled() {
        return true;
    }
}
