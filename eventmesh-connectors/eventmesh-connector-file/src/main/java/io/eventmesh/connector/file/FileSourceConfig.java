package io.eventmesh.connector.file;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import org.jspecify.annotations.Nullable;

/**
 * What a file source reads, and how.
 *
 * @param path the file; one that does not exist yet is waited for
 * @param format what a line is
 * @param type the type of the events
 * @param rate events a second, 0 for as fast as it goes
 * @param follow whether it goes on with what is written later; without it, it stays still at the end of the file
 * @param batchSize lines handed over at once
 * @param maxLineBytes a longer line is cut, and its event says so by {@code truncated}
 */
public record FileSourceConfig(
        @Doc(value = "The file to read. One that does not exist yet is waited for.", required = true) @Nullable
        String path,

        @Doc("lines: each line becomes {\"line\": …, \"number\": …}. ndjson: each line is the event's JSON data.")
        Format format,

        @Doc("The type of the events.") String type,
        @Doc("Events a second; 0 for as fast as it goes.") int rate,

        @Doc("Whether to go on with what is written later; otherwise the end of the file is the end.")
        boolean follow,

        @Doc("Lines handed over at once.") int batchSize,

        @Doc("A longer line is cut, and its event has truncated=true.")
        DataSize maxLineBytes) {

    /** What a line is. */
    public enum Format {
        /** Text. */
        LINES,
        /** A JSON value. */
        NDJSON
    }

    public FileSourceConfig {
        if (path != null) {
            Check.notBlank("path", path);
        }
        Check.notBlank("type", type);
        Check.range("rate", rate, 0, 10_000_000);
        Check.range("batch-size", batchSize, 1, 1_000);
        Check.range("max-line-bytes", maxLineBytes.bytes(), 16, 64L << 20);
    }

    static FileSourceConfig standard() {
        return new FileSourceConfig(null, Format.LINES, "file.line", 0, true, 250, DataSize.ofKibibytes(256));
    }
}
