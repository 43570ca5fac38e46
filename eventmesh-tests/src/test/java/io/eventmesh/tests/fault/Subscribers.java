package io.eventmesh.tests.fault;

import static org.awaitility.Awaitility.await;

import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.HistoryFile;
import io.eventmesh.tests.process.Children;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Members of the group, each a process with its history in a file. */
public final class Subscribers implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(3);

    private record Member(String name, Process process, Path history, Path out) {}

    private final Route route;
    private final List<String> prefix;
    private final String address;
    private final Path directory;
    private final List<Member> all = new ArrayList<>();

    Subscribers(String address, Path directory) {
        this(Route.ORDERS, List.of(), address, directory);
    }

    /**
     * Subscribes elsewhere.
     *
     * @param prefix what their command lines begin with
     * @param address where they find the mesh; more after a blank, see {@link Reroute}
     */
    public Subscribers(Route route, List<String> prefix, String address, Path directory) {
        this.route = route;
        this.prefix = List.copyOf(prefix);
        this.address = address;
        this.directory = directory;
    }

    /** Starts one more, without waiting. */
    public void add() throws IOException {
        String name = "m" + all.size();
        Path history = directory.resolve(name + ".history");
        Path out = directory.resolve(name + ".out");
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                SubscriberMain.class.getName(),
                address,
                name,
                history.toString(),
                route.stream(),
                route.group()));
        Process process = Children.start(
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()));
        all.add(new Member(name, process, history, out));
    }

    /** Waits until all that live are members. */
    public void awaitReady() {
        await("subscribers are ready").atMost(START_LIMIT).until(() -> {
            for (Member member : all) {
                String out = Files.readString(member.out());
                if (!member.process().isAlive() && !out.contains("Ready")) {
                    throw new AssertionError(member.name() + " ended: " + out);
                }
                if (member.process().isAlive() && !out.contains("Ready")) {
                    return false;
                }
            }
            return true;
        });
    }

    /** SIGKILL for the oldest that lives; waits until it is gone. */
    public void killOldest() throws InterruptedException {
        for (Member member : all) {
            if (member.process().isAlive()) {
                member.process().destroyForcibly();
                if (!member.process().waitFor(20, TimeUnit.SECONDS)) {
                    throw new IllegalStateException(member.name() + " does not die");
                }
                return;
            }
        }
        throw new IllegalStateException("no subscriber lives");
    }

    /** Bytes of all histories, which grow while events come. */
    public long written() {
        return all.stream().mapToLong(member -> size(member.history())).sum();
    }

    public void tell(History history) {
        for (Member member : all) {
            if (Files.exists(member.history())) {
                history.addAll(HistoryFile.read(member.history()));
            }
        }
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public void close() {
        all.forEach(member -> member.process().destroyForcibly());
    }
}
