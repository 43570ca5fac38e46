package io.eventmesh.meta.zookeeper;

import org.apache.curator.ensemble.EnsembleProvider;

/** The address that Curator connects to; changes when the embedded server moves. Thread-safe. */
final class ConnectString implements EnsembleProvider {
    private volatile String connect;

    ConnectString(String connect) {
        this.connect = connect;
    }

    @Override
    public void start() {}

    @Override
    public void close() {}

    @Override
    public String getConnectionString() {
        return connect;
    }

    @Override
    public void setConnectionString(String connectString) {
        connect = connectString;
    }

    @Override
    public boolean updateServerListEnabled() {
        return true;
    }
}
