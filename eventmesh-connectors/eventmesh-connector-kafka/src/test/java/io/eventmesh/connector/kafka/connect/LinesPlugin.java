package io.eventmesh.connector.kafka.connect;

import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.HostedDirectory;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * A plugin directory with a source and a sink for lines of files, compiled against connect-api into a jar that the host
 * has never seen, with connect-transforms beside it.
 */
final class LinesPlugin implements AutoCloseable {
    private static final List<String> SOURCES =
            List.of("LinesSourceConnector", "LinesSourceTask", "LinesSinkConnector", "LinesSinkTask");
    private static final Map<String, String> SERVICES = Map.of(
            "org.apache.kafka.connect.source.SourceConnector", "lines.LinesSourceConnector",
            "org.apache.kafka.connect.sink.SinkConnector", "lines.LinesSinkConnector # the sink");

    /** Settings that make numbers of the lines. */
    static final Map<String, Object> CAST = Map.of(
            "transforms", "number",
            "transforms.number.type", "org.apache.kafka.connect.transforms.Cast$Value",
            "transforms.number.spec", "int32");

    private final HostedDirectory directory;
    private final Loader loader;

    /** As the runtime makes it: the directory's classes first, and of the host what it shares. */
    private static final class Loader extends URLClassLoader {
        private final KafkaConnectHost host = new KafkaConnectHost();

        Loader(List<URL> jars) {
            super(jars.toArray(URL[]::new), LinesPlugin.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (host.shares(name)) {
                return getParent().loadClass(name);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> known = findLoadedClass(name);
                if (known != null) {
                    return known;
                }
                try {
                    return findClass(name);
                } catch (ClassNotFoundException notOwn) {
                    return ClassLoader.getPlatformClassLoader().loadClass(name);
                }
            }
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            return findResources(name);
        }
    }

    private LinesPlugin(List<URL> jars) {
        this.loader = new Loader(jars);
        this.directory = new HostedDirectory("lines", jars, loader);
    }

    /** @param services whether its jar says which connectors it has */
    static LinesPlugin in(Path directory, boolean services) throws IOException {
        Path jar = jar(directory, services);
        String transforms = Stream.of(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                .filter(entry -> entry.contains("connect-transforms"))
                .findFirst()
                .orElseThrow();
        return new LinesPlugin(
                List.of(jar.toUri().toURL(), Path.of(transforms).toUri().toURL()));
    }

    HostedDirectory directory() {
        return directory;
    }

    List<ConnectorProvider<?>> providers() throws IOException {
        return new KafkaConnectHost().providers(directory);
    }

    @SuppressWarnings("unchecked") // every hosted source has this configuration
    SourceConnectorProvider<HostedSourceConfig> source() throws IOException {
        return providers().stream()
                .filter(SourceConnectorProvider.class::isInstance)
                .map(provider -> (SourceConnectorProvider<HostedSourceConfig>) provider)
                .findFirst()
                .orElseThrow();
    }

    @SuppressWarnings("unchecked") // every hosted sink has this configuration
    SinkConnectorProvider<HostedSinkConfig> sink() throws IOException {
        return providers().stream()
                .filter(SinkConnectorProvider.class::isInstance)
                .map(provider -> (SinkConnectorProvider<HostedSinkConfig>) provider)
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() throws IOException {
        loader.close();
    }

    private static Path jar(Path directory, boolean services) throws IOException {
        Path classes = Files.createDirectories(directory.resolve("classes"));
        List<String> arguments = new ArrayList<>(List.of(
                "-proc:none", "-nowarn", "-d", classes.toString(), "-cp", System.getProperty("java.class.path")));
        for (String source : SOURCES) {
            Path file = directory.resolve(source + ".java");
            try (InputStream text = LinesPlugin.class.getResourceAsStream("/connectors/lines/" + source + ".java")) {
                Files.write(file, Objects.requireNonNull(text).readAllBytes());
            }
            arguments.add(file.toString());
        }
        int result = ToolProvider.getSystemJavaCompiler().run(null, null, null, arguments.toArray(String[]::new));
        if (result != 0) {
            throw new IllegalStateException("the connectors of the test do not compile");
        }
        Path jar = directory.resolve("lines.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> compiled = Files.list(classes.resolve("lines"))) {
            for (Path type : compiled.sorted().toList()) {
                entry(out, "lines/" + type.getFileName(), Files.readAllBytes(type));
            }
            if (services) {
                for (Map.Entry<String, String> service : SERVICES.entrySet()) {
                    byte[] line = (service.getValue() + "\n").getBytes(StandardCharsets.UTF_8);
                    entry(out, "META-INF/services/" + service.getKey(), line);
                }
            }
        }
        return jar;
    }

    private static void entry(JarOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new JarEntry(name));
        out.write(content);
        out.closeEntry();
    }
}
