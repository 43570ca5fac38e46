package io.eventmesh.admin.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process commits without a break and makes its file compact without a break. What it leaves behind when it is killed
 * at any moment has every commit that was answered.
 *
 * <p>Most moments are taken from a process that is stopped by a signal: it stops where it would be killed, its files are
 * copied, and it goes on. The last moment is a real kill. {@code -Dcompaction-kill.seed=N} repeats the pauses of a run,
 * {@code -Dcompaction-kill.moments=N} takes more of them.
 */
@DisabledOnOs(OS.WINDOWS)
class CompactionKillTest {
    private static final int MOMENTS = Integer.getInteger("compaction-kill.moments", 20);
    /** A compaction that never runs fails the test with its time-out. */
    private static final int LEAST_WITHIN = 2;

    private static final long SEED = Long.getLong("compaction-kill.seed", new Random().nextLong());
    private static final int LONGEST_PAUSE_MICROS = 40_000;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void everyCommitIsThereAfterAKillAtAnyMomentOfACompaction() throws Exception {
        Random random = new Random(SEED);
        Path data = Files.createDirectory(directory.resolve("data"));
        Process restless = start(data);
        try {
            await().atMost(Duration.ofSeconds(20)).until(() -> answered(data) > 0);
            int within = 0;
            int moment = 0;
            while (moment < MOMENTS || within < LEAST_WITHIN) {
                moment++;
                long before = answered(data);
                await().atMost(Duration.ofSeconds(20)).until(() -> answered(data) > before);
                pause(Duration.ofNanos(1_000L * random.nextInt(LONGEST_PAUSE_MICROS)));
                within += look(restless, data, directory.resolve("left" + moment)) ? 1 : 0;
            }
            restless.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
            Database next = new Database(DatabaseConfig.defaults(), data);
            next.open();
            assertThat(next.term()).as("seed %d", SEED).isBetween(answered(data), answered(data) + 1);
            next.close();
            System.out.printf(
                    "process stopped %d times, %d of them within a compaction: seed=%d commits=%d%n",
                    moment, within, SEED, answered(data));
        } finally {
            restless.destroyForcibly();
        }
    }

    /** Whether the moment was within a compaction. */
    private static boolean look(Process restless, Path data, Path left) throws Exception {
        Files.createDirectory(left);
        signal(restless, "STOP");
        boolean within = false;
        try (var files = Files.list(data)) {
            for (Path file : files.toList()) {
                within |= file.toString().endsWith(".tempFile");
                Files.copy(file, left.resolve(file.getFileName()));
            }
        }
        signal(restless, "CONT");
        long answered = answered(left);
        assertThat(H2DatabaseTest.termIn(left.resolve("admin")))
                .as("%s, seed %d", left, SEED)
                .isBetween(answered, answered + 1);
        return within;
    }

    private static void signal(Process process, String name) throws Exception {
        String pid = String.valueOf(process.pid());
        assertThat(new ProcessBuilder("kill", "-" + name, pid).start().waitFor())
                .isZero();
        if (name.equals("STOP")) {
            // all of its threads, a while after the first
            await().atMost(Duration.ofSeconds(10))
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> isStopped(pid));
            pause(Duration.ofMillis(10));
        }
    }

    private static boolean isStopped(String pid) throws IOException {
        Process ps = new ProcessBuilder("ps", "-o", "stat=", "-p", pid).start();
        try (InputStream output = ps.getInputStream()) {
            return new String(output.readAllBytes(), java.nio.charset.StandardCharsets.US_ASCII).startsWith("T");
        }
    }

    private static void pause(Duration pause) {
        long until = System.nanoTime() + pause.toNanos();
        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .atMost(Duration.ofSeconds(10))
                .until(() -> System.nanoTime() - until >= 0);
    }

    /** The newest term that the process was given, as it wrote it down afterwards. */
    private static long answered(Path data) throws IOException {
        Path file = data.resolve("answered");
        byte[] written = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
        int whole = written.length / Long.BYTES;
        return whole == 0 ? 0 : ByteBuffer.wrap(written).getLong((whole - 1) * Long.BYTES);
    }

    private static Process start(Path data) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Restless.class.getName(),
                        data.toString())
                .redirectErrorStream(true)
                .redirectOutput(data.resolve("log").toFile())
                .start();
    }

    /** Commits in one thread and compacts in another until killed. */
    static final class Restless {
        private static final int COMMITS_BETWEEN = 3;

        private static volatile long commits;

        private Restless() {}

        public static void main(String[] args) throws Exception {
            Path data = Path.of(args[0]);
            Database database = new Database(DatabaseConfig.defaults(), data);
            database.open();
            Thread compacting = new Thread(() -> compact(database));
            compacting.setDaemon(true);
            compacting.start();
            try (FileChannel answered =
                    FileChannel.open(data.resolve("answered"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                while (true) {
                    long term = database.raiseTerm("restless");
                    answered.write(ByteBuffer.allocate(Long.BYTES).putLong(0, term));
                    commits = term;
                }
            }
        }

        private static void compact(Database database) {
            while (true) {
                long next = commits + COMMITS_BETWEEN;
                while (commits < next) {
                    Thread.onSpinWait();
                }
                database.compact(true);
            }
        }
    }
}
