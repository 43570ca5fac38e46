package io.eventmesh.runtime;

import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.config.ConfigLoader;
import io.eventmesh.runtime.config.ConfigSources;
import io.eventmesh.runtime.config.Configuration;
import io.eventmesh.runtime.plugin.InstalledPlugins;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The program {@code bin/start.sh} runs: one runtime process with the roles that were asked for.
 *
 * <p>Ends with 0, with 2 when the configuration was refused, with 3 when the environment does not allow the start (port,
 * storage or database taken, meta store away), with 1 for anything else. SIGTERM drains within
 * {@value #DRAIN_SECONDS} s.
 */
public final class Main {
    private static final Logger log = LoggerFactory.getLogger(Main.class);
    private static final int DRAIN_SECONDS = 20;

    private final Map<String, String> environment;
    private final Optional<Path> home;
    private final ClassLoader classPath;
    private final PrintStream out;
    private final PrintStream err;

    /**
     * @param home the installation, with {@code conf/} and {@code plugins/}; empty when started from elsewhere
     * @param classPath where plugins are looked for
     */
    Main(
            Map<String, String> environment,
            Optional<Path> home,
            ClassLoader classPath,
            PrintStream out,
            PrintStream err) {
        this.environment = environment;
        this.home = home;
        this.classPath = classPath;
        this.out = out;
        this.err = err;
    }

    public static void main(String[] arguments) {
        // exit, not return: a library's thread that is no daemon must not keep a failed start alive
        Optional<Path> home =
                Optional.ofNullable(System.getProperty("eventmesh.home")).map(Path::of);
        Main main = new Main(System.getenv(), home, Main.class.getClassLoader(), System.out, System.err);
        System.exit(main.run(arguments));
    }

    /** Runs until the process is told to end; answers the exit code. */
    int run(String... arguments) {
        try {
            CommandLine command = CommandLine.parse(arguments);
            return switch (command.action()) {
                case HELP -> printed(CommandLine.USAGE.stripTrailing());
                case VERSION -> printed("EventMesh " + version());
                case CHECK_CONFIG, PRINT_CONFIG, RUN, TRY -> configured(command);
            };
        } catch (EventMeshException refusal) {
            return refused(refusal);
        } catch (RuntimeException | Error failure) {
            log.error("Start failed.", failure);
            return refused(EventMeshException.of(failure));
        }
    }

    private int configured(CommandLine command) {
        try (InstalledPlugins plugins = new InstalledPlugins(home, classPath)) {
            RoleNames roles = RoleNames.of(command.role(), plugins);
            Optional<Path> file = command.config().or(Main::defaultFile);
            Configuration configuration =
                    new ConfigLoader(plugins).load(new ConfigSources(file, environment, command.settings()));
            return switch (command.action()) {
                case CHECK_CONFIG ->
                    printed("Configuration is good: "
                            + file.map(Path::toString).orElse("no file, environment and command line"));
                case PRINT_CONFIG -> printed(ConfigLoader.yaml(configuration).stripTrailing());
                default ->
                    serve(
                            new ProcessSetup(
                                    configuration,
                                    plugins,
                                    MeshClock.system(),
                                    new SecureRandom(),
                                    base(),
                                    HostName.of(environment),
                                    version()),
                            roles,
                            command.action() == CommandLine.Action.TRY);
            };
        }
    }

    private int serve(ProcessSetup setup, RoleNames roles, boolean untilReady) {
        RuntimeProcess process = new RuntimeProcess(setup, roles);
        CountDownLatch closed = new CountDownLatch(1);
        process.start();
        Runtime.getRuntime().addShutdownHook(NamedThreads.named("mesh-shutdown", () -> close(process, closed)));
        process.banner().forEach(out::println);
        Banner.ready(setup, roles, ManagementFactory.getRuntimeMXBean().getUptime())
                .forEach(out::println);
        out.flush();
        if (untilReady) {
            return 0;
        }
        try {
            while (!closed.await(1, TimeUnit.HOURS)) {
                log.debug("Running.");
            }
        } catch (InterruptedException interrupted) {
            process.close();
        }
        return 0;
    }

    /** Closes in a thread of its own, so that a part that hangs cannot keep the process beyond its bound. */
    private static void close(RuntimeProcess process, CountDownLatch closed) {
        log.info("Stopping.");
        Thread closing = NamedThreads.named("mesh-stop", process::close);
        closing.start();
        try {
            closing.join(TimeUnit.SECONDS.toMillis(DRAIN_SECONDS));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (closing.isAlive()) {
            log.warn("Stopped before everything was drained. boundSeconds={}", DRAIN_SECONDS);
        } else {
            log.info("Stopped.");
        }
        closed.countDown();
    }

    /** The installation, or the source tree that holds it: where {@code conf/} and {@code data/} are. */
    private static Path base() {
        return Path.of(System.getProperty("eventmesh.base", ""));
    }

    private static Optional<Path> defaultFile() {
        Path file = base().resolve("conf").resolve("eventmesh.yaml");
        return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
    }

    private int printed(String text) {
        out.println(text);
        out.flush();
        return 0;
    }

    private int refused(EventMeshException refusal) {
        ErrorCode code = refusal.code();
        int exit = exitCode(refusal);
        if (exit == 1) {
            log.error("Start failed.", refusal);
        }
        err.println("%s %d: %s".formatted(code, code.number(), refusal.reason()));
        err.flush();
        return exit;
    }

    static int exitCode(EventMeshException refusal) {
        if (refusal instanceof ConfigException) {
            return 2;
        }
        return switch (refusal.code().number() / 1_000) {
            case 3 -> 3;
            default -> refusal.code() == ErrorCode.CONFIG_INVALID || refusal.code() == ErrorCode.PLUGIN_UNKNOWN ? 2 : 1;
        };
    }

    private static String version() {
        String version = Main.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }
}
