package io.eventmesh.meta.zookeeper;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.meta.MetaStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A process of its own that hosts the embedded server, so that a test can kill or stop it. */
final class HostProcess implements AutoCloseable {
    static final Duration SESSION = Duration.ofSeconds(2);

    private final Process process;

    private HostProcess(Process process) {
        this.process = process;
    }

    /** What the process runs: a store that hosts, registered as {@code runtimes/host}, for ever. */
    public static void main(String[] args) throws Exception {
        MetaStore store = store(Path.of(args[0]));
        store.start();
        store.register("runtimes/host", "host".getBytes(UTF_8))
                .toCompletableFuture()
                .get();
        System.out.println("READY " + store.health().detail());
        new CountDownLatch(1).await();
    }

    static MetaStore store(Path data) {
        return new ZooKeeperMetaStoreProvider()
                .create(
                        new ZooKeeperConfig(SESSION, Duration.ofSeconds(10), Duration.ofSeconds(2), 0),
                        "",
                        "default",
                        MeshClock.system(),
                        data);
    }

    static HostProcess start(Path data) throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        classPath,
                        HostProcess.class.getName(),
                        data.toString()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            if (line.startsWith("READY embedded ZooKeeper")) {
                return new HostProcess(process);
            }
        }
        throw new AssertionError("the host process ended before it was ready");
    }

    void signal(String name) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .start()
                .waitFor();
        if (exit != 0) {
            throw new AssertionError("kill ended with " + exit);
        }
    }

    /** SIGKILL: nothing is closed, nothing said. */
    @Override
    public void close() {
        process.destroyForcibly();
    }
}
