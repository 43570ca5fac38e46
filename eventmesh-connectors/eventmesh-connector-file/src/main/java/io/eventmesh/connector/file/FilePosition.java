package io.eventmesh.connector.file;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Where a source goes on: in which file, behind which byte, after how many lines. Text, so that an operator can read it:
 * {@code 1;<file key>;<generation>;<fingerprint bytes>:<fingerprint>;<offset>;<lines>}.
 *
 * @param file tells files of the file system apart, whatever they are called now; may be empty where there is none
 * @param generation how often the file was found truncated, so that what is written over is not taken for what was there
 * @param head tells a file from another one that was given the same key later
 * @param offset bytes that are done
 * @param lines lines that are done
 */
record FilePosition(String file, int generation, FileHead head, long offset, long lines) {
    private static final String FORMAT = "1";

    byte[] encode() {
        return String.join(
                        ";",
                        FORMAT,
                        file.replace(';', '_'),
                        Integer.toString(generation),
                        head.length() + ":" + Long.toHexString(head.hash()),
                        Long.toString(offset),
                        Long.toString(lines))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** @throws EventMeshException DATA_CORRUPT when it is not a position of a known format */
    static FilePosition decode(byte[] value) {
        List<String> parts = Arrays.asList(new String(value, StandardCharsets.UTF_8).split(";", -1));
        try {
            if (parts.size() != 6 || !parts.get(0).equals(FORMAT)) {
                throw new IllegalArgumentException("format");
            }
            String[] head = parts.get(3).split(":", 2);
            return new FilePosition(
                    parts.get(1),
                    Integer.parseInt(parts.get(2)),
                    new FileHead(Integer.parseInt(head[0]), Long.parseUnsignedLong(head[1], 16)),
                    Long.parseLong(parts.get(4)),
                    Long.parseLong(parts.get(5)));
        } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException malformed) {
            throw new EventMeshException(
                    ErrorCode.DATA_CORRUPT, "file position unreadable (expected: format 1)", malformed);
        }
    }
}
