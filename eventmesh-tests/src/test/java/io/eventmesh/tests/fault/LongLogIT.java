package io.eventmesh.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.EventMesh;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A mesh that was killed with a long log is ready again soon. */
class LongLogIT {
    private static final int MEBIBYTES = Integer.getInteger("eventmesh.chaos.log-mib", 64);
    private static final int READY_SECONDS = Integer.getInteger("eventmesh.chaos.ready-seconds", 30);
    private static final int SIZE = 64 << 10;
    private static final int RATE = 2_000;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void aMeshWithALongLogIsReadySoonAfterItsDeath() throws Exception {
        int events = (int) ((long) MEBIBYTES << 20) / SIZE;
        try (Scene scene = new Scene(directory.resolve("mesh"), "storage.type=rocksdb");
                EventMesh client = scene.client();
                Flood flood = new Flood("p", client, RATE, SIZE)) {
            flood.start();
            await("the log is long").atMost(Duration.ofMinutes(15)).until(() -> flood.stored() >= events);
            // what is in flight stays so; making more would only take the mesh's processor
            flood.stop();

            Duration ready = scene.killMesh();

            System.out.printf(
                    "log-mib=%d ready-millis=%d the-mesh-says=%s%n",
                    MEBIBYTES, ready.toMillis(), scene.mesh().printed("Ready in ([0-9.]+ ?\\w+)"));
            assertThat(ready).isLessThan(Duration.ofSeconds(READY_SECONDS));
        }
    }
}
