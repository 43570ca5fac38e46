package io.eventmesh.meta.zookeeper;

import static java.util.concurrent.TimeUnit.SECONDS;

import io.eventmesh.spi.meta.MetaStore;
import java.util.concurrent.CountDownLatch;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.ZooKeeper;

/** Ends sessions for real: a second client takes the session over and closes it at the server. */
final class Sessions {
    private Sessions() {}

    static void expire(MetaStore store, String connect) throws Exception {
        ZooKeeper own = ((ZooKeeperMetaStore) store).zooKeeper();
        CountDownLatch attached = new CountDownLatch(1);
        ZooKeeper twin = new ZooKeeper(
                connect,
                10_000,
                event -> {
                    if (event.getState() == KeeperState.SyncConnected) {
                        attached.countDown();
                    }
                },
                own.getSessionId(),
                own.getSessionPasswd());
        if (!attached.await(10, SECONDS)) {
            throw new AssertionError("the twin did not connect");
        }
        twin.close();
    }
}
