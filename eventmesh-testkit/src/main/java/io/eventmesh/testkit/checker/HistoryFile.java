package io.eventmesh.testkit.checker;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Observations of one process in a file, a line each, so that what a killed process saw is not lost with it: a line is in
 * the operating system's hands once {@link #add} has returned.
 *
 * <p>Keeps what producers and members see: sending, answered, offered, settled, disturbed. Thread-safe.
 */
public final class HistoryFile implements Closeable {
    private static final String NOTHING = "-";

    private final BufferedWriter out;

    /** Adds to the file, making it if need be. */
    public HistoryFile(Path file) {
        try {
            out = Files.newBufferedWriter(
                    file, StandardCharsets.UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    public synchronized void add(Observation seen) {
        try {
            out.write(line(seen));
            out.write('\n');
            out.flush();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public synchronized void close() {
        try {
            out.close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * Reads what a process wrote. A last line that its death cut short is left out.
     *
     * @throws IllegalArgumentException for any other line that is not an observation
     */
    public static List<Observation> read(Path file) {
        List<Observation> seen = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        try (BufferedReader lines = Files.newBufferedReader(file)) {
            for (String line = ended(lines); line != null; line = ended(lines)) {
                seen.add(parse(line, names));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        return seen;
    }

    /** The next line with its end: the last one of an observer that died may lack it, and counts for nothing. */
    private static @Nullable String ended(BufferedReader from) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = from.read(); next >= 0; next = from.read()) {
            if (next == '\n') {
                return line.toString();
            }
            line.append((char) next);
        }
        return null;
    }

    static String line(Observation seen) {
        if (seen instanceof Observation.Sending sending) {
            return join("sending", sending.at(), sending.event(), sending.topic(), sending.key(), sending.content());
        }
        if (seen instanceof Observation.Answered answered) {
            return join("answered", answered.at(), answered.event(), answered.outcome(), answered.place());
        }
        if (seen instanceof Observation.Offered offered) {
            return join(
                    "offered",
                    offered.at(),
                    offered.group(),
                    offered.member(),
                    offered.event(),
                    offered.place(),
                    offered.content(),
                    offered.attempt());
        }
        if (seen instanceof Observation.Settled settled) {
            return join("settled", settled.at(), settled.group(), settled.member(), settled.place(), settled.fate());
        }
        if (seen instanceof Observation.Disturbed disturbed) {
            return join("disturbed", disturbed.at(), disturbed.group(), disturbed.what(), disturbed.mayRepeat());
        }
        throw new IllegalArgumentException("observation: %s (expected: one of a producer or a member)".formatted(seen));
    }

    private static String join(@Nullable Object... parts) {
        StringBuilder line = new StringBuilder();
        for (Object part : parts) {
            String text = part == null ? NOTHING : part.toString();
            if (text.indexOf('\t') >= 0 || text.indexOf('\n') >= 0) {
                throw new IllegalArgumentException("text: '%s' (expected: without tabs and lines)".formatted(text));
            }
            if (line.length() > 0) {
                line.append('\t');
            }
            line.append(text);
        }
        return line.toString();
    }

    private static Observation parse(String line, Map<String, String> names) {
        String[] part = line.split("\t", -1);
        try {
            long at = Long.parseLong(part[1]);
            return switch (part[0]) {
                case "sending" ->
                    new Observation.Sending(
                            at,
                            event(names, part[2]),
                            name(names, part[3]),
                            part[4].equals(NOTHING) ? null : name(names, part[4]),
                            Long.parseLong(part[5]));
                case "answered" ->
                    new Observation.Answered(
                            at,
                            event(names, part[2]),
                            Outcome.valueOf(part[3]),
                            part[4].equals(NOTHING) ? null : place(names, part[4]));
                case "offered" ->
                    new Observation.Offered(
                            at,
                            name(names, part[2]),
                            name(names, part[3]),
                            event(names, part[4]),
                            place(names, part[5]),
                            Long.parseLong(part[6]),
                            Integer.parseInt(part[7]));
                case "settled" ->
                    new Observation.Settled(
                            at,
                            name(names, part[2]),
                            name(names, part[3]),
                            place(names, part[4]),
                            Fate.valueOf(part[5]));
                case "disturbed" -> new Observation.Disturbed(at, part[2], part[3], Long.parseLong(part[4]));
                default -> throw new IllegalArgumentException(part[0]);
            };
        } catch (IllegalArgumentException | IndexOutOfBoundsException bad) {
            throw new IllegalArgumentException("line: '%s' (expected: an observation)".formatted(line), bad);
        }
    }

    /** One object for each of the few names that come again and again, so that a long history fits. */
    private static String name(Map<String, String> names, String text) {
        return names.computeIfAbsent(text, same -> same);
    }

    private static EventId event(Map<String, String> names, String text) {
        EventId id = EventId.parse(text).orElseThrow(() -> new IllegalArgumentException(text));
        return new EventId(name(names, id.producer()), id.seq());
    }

    private static Place place(Map<String, String> names, String text) {
        int mark = text.lastIndexOf('@');
        return new Place(name(names, text.substring(0, mark)), Long.parseLong(text.substring(mark + 1)));
    }
}
