package io.eventmesh.tests.fault.task;

import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.tests.fault.task.plugin.NumberedSourceProvider;
import io.eventmesh.tests.fault.task.plugin.StoringSinkProvider;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/** Packs the test's plugins as a user would and lays them into an installation. */
final class TaskPlugins {
    private TaskPlugins() {}

    /** @param base of the installation */
    static void install(Path base) throws IOException {
        Path directory = Files.createDirectories(base.resolve("plugins").resolve("source-numbered"));
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(directory.resolve("numbered.jar")))) {
            String packageName = NumberedSourceProvider.class.getPackageName().replace('.', '/');
            try (Stream<Path> classes = Files.list(classes().resolve(packageName))) {
                for (Path file : classes.sorted().toList()) {
                    write(jar, packageName + "/" + file.getFileName(), Files.readAllBytes(file));
                }
            }
            service(jar, SourceConnectorProvider.class, NumberedSourceProvider.class);
            service(jar, SinkConnectorProvider.class, StoringSinkProvider.class);
        }
    }

    private static Path classes() throws IOException {
        try {
            return Path.of(NumberedSourceProvider.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException impossible) {
            throw new IOException(impossible);
        }
    }

    private static void service(JarOutputStream jar, Class<?> kind, Class<?> provider) throws IOException {
        write(jar, "META-INF/services/" + kind.getName(), provider.getName().getBytes(StandardCharsets.UTF_8));
    }

    private static void write(JarOutputStream jar, String name, byte[] content) throws IOException {
        jar.putNextEntry(new JarEntry(name));
        jar.write(content);
        jar.closeEntry();
    }
}
