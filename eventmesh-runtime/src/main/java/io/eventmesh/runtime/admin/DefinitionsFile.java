package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.Definitions;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last definitions on disk, so that rules go on from a start without an admin.
 *
 * <p>A snapshot that cannot be read or written costs nothing but the wait for an admin, so that neither stops anything.
 */
final class DefinitionsFile {
    private static final Logger log = LoggerFactory.getLogger(DefinitionsFile.class);

    /** Credentials are among them; where files have no such attribute, the directory's rights are what there is. */
    private static final FileAttribute<?>[] OWNER_ONLY =
            FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
                    ? new FileAttribute<?>[] {
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                    }
                    : new FileAttribute<?>[0];

    private final Path file;

    DefinitionsFile(Path file) {
        this.file = file;
    }

    /** The last snapshot, or the empty one of version 0. */
    Definitions read() {
        try {
            return Files.exists(file)
                    ? Definitions.parseFrom(Files.readAllBytes(file))
                    : Definitions.getDefaultInstance();
        } catch (IOException unreadable) {
            log.warn("Kept definitions are unreadable, waiting for an admin. error={}", unreadable.toString());
            return Definitions.getDefaultInstance();
        }
    }

    /** Replaces the snapshot in one step; blocks. */
    synchronized void write(Definitions definitions) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.deleteIfExists(next);
            Files.createFile(next, OWNER_ONLY);
            Files.write(next, definitions.toByteArray());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            log.warn("Definitions not kept on disk. version={} error={}", definitions.getVersion(), failure.toString());
        }
    }
}
