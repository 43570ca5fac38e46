package io.eventmesh.runtime.plugin;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Plugins that are compiled while the test runs, so that no class loader of the test knows their classes. */
public final class CompiledPlugin {
    private CompiledPlugin() {}

    /** Compiles classes, by their full names, into a directory. */
    public static void compile(Path into, Map<String, String> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<SimpleJavaFileObject> files = new ArrayList<>();
        sources.forEach((name, text) -> files.add(new Source(name, text)));
        Files.createDirectories(into);
        boolean compiled = compiler.getTask(
                        null,
                        null,
                        null,
                        List.of(
                                "-d",
                                into.toString(),
                                "-classpath",
                                System.getProperty("java.class.path"),
                                "-proc:none"),
                        null,
                        files)
                .call();
        if (!compiled) {
            throw new IllegalStateException("the plugin's source does not compile");
        }
    }

    /** Packs compiled classes and a service file into a jar, which is moved into its place. */
    public static void pack(Path classes, Path jar, Map<String, String> services) throws IOException {
        Path made = Files.createTempFile("plugin", ".jar");
        try (OutputStream file = Files.newOutputStream(made);
                JarOutputStream out = new JarOutputStream(file);
                Stream<Path> found = Files.walk(classes)) {
            for (Path each : found.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new JarEntry(classes.relativize(each).toString()));
                out.write(Files.readAllBytes(each));
            }
            services.forEach((service, provider) -> {
                try {
                    out.putNextEntry(new JarEntry("META-INF/services/" + service));
                    out.write(provider.getBytes(StandardCharsets.UTF_8));
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            });
        }
        Files.createDirectories(jar.getParent());
        Files.move(made, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        private Source(String name, String text) {
            super(URI.create("string:///" + name.replace('.', '/') + Kind.SOURCE.extension), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }
}
