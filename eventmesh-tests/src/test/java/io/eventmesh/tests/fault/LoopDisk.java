package io.eventmesh.tests.fault;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A file system in a file, mounted over a loop device. A copy of the file is what a disk holds after a power failure:
 * what was not written through is not in it. Needs root and the right to mount.
 */
final class LoopDisk implements AutoCloseable {
    private final Path image;
    private final Path mount;

    private LoopDisk(Path image, Path mount) {
        this.image = image;
        this.mount = mount;
    }

    /** Makes an image of so many MiB with an empty file system. */
    static LoopDisk make(Path image, int mebibytes, Path mount) throws Exception {
        run("truncate", "-s", mebibytes + "M", image.toString());
        run("mkfs.ext4", "-q", "-F", image.toString());
        return mount(image, mount);
    }

    /** Mounts an image, with whatever its journal has to say. */
    static LoopDisk mount(Path image, Path mount) throws Exception {
        Files.createDirectories(mount);
        run("mount", "-o", "loop", image.toString(), mount.toString());
        return new LoopDisk(image, mount);
    }

    Path directory() {
        return mount;
    }

    /** The disk as it is at this moment. */
    void copyTo(Path copy) throws Exception {
        run("cp", "--sparse=always", image.toString(), copy.toString());
    }

    @Override
    public void close() throws IOException {
        try {
            run("umount", mount.toString());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            throw new IllegalStateException(
                    "%s: %s (expected: success; this test needs root, mkfs.ext4 and the right to mount loop devices)"
                            .formatted(String.join(" ", List.of(command)), said.strip()));
        }
    }
}
