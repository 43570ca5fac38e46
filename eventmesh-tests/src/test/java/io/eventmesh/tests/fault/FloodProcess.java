package io.eventmesh.tests.fault;

import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.HistoryFile;
import io.eventmesh.tests.process.Children;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A publisher in another process, such as one on another host; begins at once. Used by one thread. */
public final class FloodProcess implements Publishing {
    private static final Pattern STANDS = Pattern.compile("stored=(\\d+) failed=(\\d+) ?(.*)");
    private static final int TAIL = 4_096;

    private final Process process;
    private final Path history;
    private final Path out;

    /**
     * Starts it.
     *
     * @param prefix what the command line begins with
     * @param address see {@link Reroute}
     */
    public FloodProcess(
            Route route, String name, List<String> prefix, String address, int rate, int size, Path directory)
            throws IOException {
        history = directory.resolve(name + ".history");
        out = directory.resolve(name + ".out");
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                FloodMain.class.getName(),
                address,
                name,
                history.toString(),
                route.stream(),
                route.group(),
                Integer.toString(rate),
                Integer.toString(size)));
        process = Children.start(
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()));
    }

    /** The newest line that says how it stands. */
    private @Nullable Matcher stands() {
        Matcher newest = null;
        for (String line : tail().lines().toList()) {
            Matcher stands = STANDS.matcher(line.strip());
            if (stands.matches()) {
                newest = stands;
            }
        }
        return newest;
    }

    private String tail() {
        try (RandomAccessFile file = new RandomAccessFile(out.toFile(), "r")) {
            long from = Math.max(0, file.length() - TAIL);
            byte[] bytes = new byte[(int) (file.length() - from)];
            file.seek(from);
            file.readFully(bytes);
            String text = new String(bytes, StandardCharsets.UTF_8);
            // the first line may begin in its middle, the last may not be finished
            return from == 0 ? text : text.substring(text.indexOf('\n') + 1);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private void requireAlive() {
        if (!process.isAlive() && !tail().contains("Done")) {
            throw new AssertionError("the publisher ended: " + tail());
        }
    }

    @Override
    public int stored() {
        requireAlive();
        Matcher stands = stands();
        return stands == null ? 0 : Integer.parseInt(stands.group(1));
    }

    @Override
    public int failed() {
        Matcher stands = stands();
        return stands == null ? 0 : Integer.parseInt(stands.group(2));
    }

    @Override
    public @Nullable String failure() {
        Matcher stands = stands();
        return stands == null ? null : stands.group(3);
    }

    @Override
    public void stop() {
        try {
            process.getOutputStream().close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public boolean isAnswered() {
        requireAlive();
        return tail().contains("Done");
    }

    @Override
    public void tell(History told) {
        if (Files.exists(history)) {
            told.addAll(HistoryFile.read(history));
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
