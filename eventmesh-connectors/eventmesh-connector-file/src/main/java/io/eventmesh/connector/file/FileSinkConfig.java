package io.eventmesh.connector.file;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import org.jspecify.annotations.Nullable;

/**
 * Where a file sink writes, and what.
 *
 * @param path the file, which is appended to; its directory is made when it is missing
 * @param format what a line holds
 */
public record FileSinkConfig(
        @Doc(value = "The file to append to. Its directory is made when it is missing.", required = true) @Nullable
        String path,

        @Doc("data: each line is the event's data. event: each line is the whole event as CloudEvents JSON.")
        Format format) {

    /** What a line holds. */
    public enum Format {
        /** The data alone: JSON on one line, or text without line breaks. */
        DATA,
        /** The event in the JSON format of CloudEvents. */
        EVENT
    }

    public FileSinkConfig {
        if (path != null) {
            Check.notBlank("path", path);
        }
    }

    static FileSinkConfig standard() {
        return new FileSinkConfig(null, Format.DATA);
    }
}
