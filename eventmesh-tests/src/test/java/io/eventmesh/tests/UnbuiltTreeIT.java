package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command in a source tree that nothing was built in. */
class UnbuiltTreeIT {
    private static final int LIMIT_MINUTES = 8;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = LIMIT_MINUTES + 1, unit = TimeUnit.MINUTES)
    void startsAfterItHasBuilt() throws Exception {
        Path tree = directory.resolve("tree");
        copy(Path.of(property("eventmesh.source")).toRealPath(), tree);
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        tree.resolve("bin/start.sh").toString(),
                        "--try",
                        "--set",
                        "meta.zookeeper.embedded-port=0",
                        "--set",
                        "mesh.grpc.port=0",
                        "--set",
                        "mesh.http.port=0",
                        "--set",
                        "admin.grpc.port=0",
                        "--set",
                        "admin.http.port=0"))
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().keySet().removeIf(key -> key.startsWith("EVENTMESH_"));
        builder.environment().put("MAVEN_OPTS", "-Dmaven.repo.local=" + property("eventmesh.repository"));

        Process start = builder.start();
        boolean ended = start.waitFor(LIMIT_MINUTES, TimeUnit.MINUTES);
        start.destroyForcibly();

        assertThat(ended).as("ended in time: %s", Files.readString(err)).isTrue();
        assertThat(start.exitValue()).as("%s", Files.readString(err)).isZero();
        assertThat(out).content().contains("EventMesh", "Ready in ");
        assertThat(err).content().contains("building once");
    }

    /** Without what was built, kept or committed. */
    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                String name = Objects.requireNonNull(folder.getFileName()).toString();
                boolean built = name.equals("target") && Files.exists(folder.resolveSibling("pom.xml"));
                boolean kept = folder.equals(from.resolve(".git")) || folder.equals(from.resolve("data"));
                if (built || kept) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(to.resolve(from.relativize(folder).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.copy(file, copy);
                assertThat(copy.toFile().setExecutable(Files.isExecutable(file)))
                        .isTrue();
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String property(String name) {
        return Objects.requireNonNull(System.getProperty(name), name);
    }
}
