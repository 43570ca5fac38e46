package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.runtime.plugin.CompiledPlugin;
import io.eventmesh.runtime.plugin.InstalledPlugins;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A plugin that leaves everything behind that plugins do is replaced again and again. */
final class PluginRedeployTest {
    private static final int DEPLOYMENTS = Integer.getInteger("eventmesh.redeployments", 200);

    private static final String PLUGIN = """
            package plugin;
            import io.eventmesh.spi.connector.*;
            import io.eventmesh.spi.event.Event;
            import java.lang.management.ManagementFactory;
            import java.util.*;
            import java.util.concurrent.CountDownLatch;
            import java.util.logging.Logger;
            import javax.management.ObjectName;

            public class Leaky implements SourceConnectorProvider<Leaky.Config> {
                public record Config(String greeting) {}
                public interface ThingMBean { int getSize(); }
                public static class Thing implements ThingMBean { public int getSize() { return LARGE.length; } }
                public static class OwnDriver implements java.sql.Driver {
                    public java.sql.Connection connect(String url, Properties info) { return null; }
                    public boolean acceptsURL(String url) { return false; }
                    public java.sql.DriverPropertyInfo[] getPropertyInfo(String url, Properties info) { return null; }
                    public int getMajorVersion() { return 1; }
                    public int getMinorVersion() { return 0; }
                    public boolean jdbcCompliant() { return false; }
                    public Logger getParentLogger() { return null; }
                }
                static final byte[] LARGE = new byte[1 << 20];
                static final ThreadLocal<Object> LOCAL = new ThreadLocal<>();

                public String name() { return "leaky"; }
                public Class<Config> configType() { return Config.class; }
                public Config defaults() { return new Config("hello"); }
                public SourceConnector create(Config config, TaskContext context) {
                    return new SourceConnector() {
                        boolean given;
                        public void open(Map<String, byte[]> positions) throws Exception {
                            LOCAL.set(new Object[] {this, LARGE});
                            java.sql.DriverManager.registerDriver(new OwnDriver());
                            ManagementFactory.getPlatformMBeanServer().registerMBean(
                                    new Thing(), new ObjectName("plugin:type=Thing,n=" + System.identityHashCode(Leaky.class)));
                            java.beans.Introspector.getBeanInfo(Thing.class);
                            Thread left = new Thread(() -> {
                                try { new CountDownLatch(1).await(); } catch (InterruptedException asked) { }
                            }, "leaky-left");
                            left.setDaemon(true);
                            left.start();
                        }
                        public List<SourceRecord> poll() throws Exception {
                            if (given) { Thread.sleep(1); return List.of(); }
                            given = true;
                            return List.of(new SourceRecord("p", new byte[] {1}, Event.builder().type("t").text("x")));
                        }
                        public void close() {}
                    };
                }
            }
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path home;

    @Test
    @Timeout(180)
    void aReplacedPluginLeavesNothingBehind() throws Exception {
        Path classes = home.resolve("classes");
        CompiledPlugin.compile(classes, Map.of("plugin.Leaky", PLUGIN));
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        long early = 0;
        try (InstalledPlugins plugins =
                new InstalledPlugins(Optional.of(home), getClass().getClassLoader())) {
            for (int i = 1; i <= DEPLOYMENTS; i++) {
                deploy(classes, i);
                loaders.add(run(plugins));
                if (i == 20) {
                    collect();
                    early = metaspace();
                }
            }
        }

        await().atMost(Duration.ofSeconds(30)).pollInSameThread().until(() -> {
            collect();
            return loaders.stream().allMatch(loader -> loader.get() == null);
        });
        assertThat(metaspace() - early).as("bytes of metaspace since the 20th").isLessThan(2 << 20);
    }

    private void deploy(Path classes, int version) throws IOException {
        Path jar = home.resolve("plugins/connector-leaky/plugin.jar");
        CompiledPlugin.pack(classes, jar, Map.of(SourceConnectorProvider.class.getName(), "plugin.Leaky"));
        Files.setLastModifiedTime(jar, FileTime.fromMillis(1_000L * version));
    }

    /** Lets a task of the plugin move one event and end; answers the loader that the plugin had. */
    private static WeakReference<ClassLoader> run(InstalledPlugins plugins) {
        RecordingMesh mesh = new RecordingMesh();
        WeakReference<ClassLoader> loader;
        try (TaskFixture fixture = new TaskFixture(plugins, "SOURCE", "leaky")) {
            try (var use = plugins.use(SourceConnectorProvider.class, "leaky")) {
                loader = new WeakReference<>(use.plugin().getClass().getClassLoader());
            }
            TaskRun run = fixture.run(mesh);
            await().pollInterval(Duration.ofMillis(2))
                    .until(() -> mesh.published().size() == 1);
            run.steer(Target.STOP, Duration.ofSeconds(5));
            await().pollInterval(Duration.ofMillis(2)).until(() -> run.state() == TaskState.RELEASED);
        }
        return loader;
    }

    private static long metaspace() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getName().equals("Metaspace"))
                .map(MemoryPoolMXBean::getUsage)
                .mapToLong(usage -> usage.getUsed())
                .sum();
    }

    @SuppressWarnings("SystemGc")
    private static void collect() {
        System.gc();
    }
}
