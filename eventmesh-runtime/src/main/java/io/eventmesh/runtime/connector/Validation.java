package io.eventmesh.runtime.connector;

import io.eventmesh.common.config.Binder;
import io.eventmesh.common.config.Bound;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.v1.Check;
import io.eventmesh.proto.v1.ValidateConnector;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Checks a connector with the plugin that would run it, with the secrets that it would get. The plugin's code runs on a
 * thread of its own with the plugin's class loader, and is left behind when it takes too long. Thread-safe.
 */
final class Validation implements ConnectorCheck {
    private enum Name {
        SCHEMA,
        PLUGIN,
        SECRETS,
        PROBE
    }

    /** What the plugin said, or that it did not. */
    private record Said(List<String> lines, @Nullable String failure) {}

    private static final Duration LONGEST_VALIDATE = Duration.ofSeconds(3);
    private static final Duration LONGEST_PROBE = Duration.ofSeconds(5);

    private final Plugins plugins;
    private final PluginConfigs configs;
    private final MeshClock clock;
    private final NamedThreads threads = new NamedThreads("mesh-probe");

    Validation(Plugins plugins, PluginConfigs configs, MeshClock clock) {
        this.plugins = plugins;
        this.configs = configs;
        this.clock = clock;
    }

    @Override
    public List<Check> check(ValidateConnector ask) {
        Map<Name, Check.Builder> checks = new EnumMap<>(Name.class);
        for (Name name : Name.values()) {
            checks.put(name, Check.newBuilder().setName(name.name()).setStatus("SKIPPED"));
        }
        ResolvedConfig resolved;
        ConnectorProvider<?> provider;
        try {
            resolved = configs.resolve(ask.getConfig());
        } catch (EventMeshException malformed) {
            settle(checks, Name.SCHEMA, new FieldPaths(Map.of(), Map.of()), List.of(malformed.reason()), 0);
            return answer(checks);
        }
        try {
            provider = provider(ask.getKind(), ask.getPlugin());
        } catch (EventMeshException unknown) {
            settle(checks, Name.SECRETS, new FieldPaths(resolved.tree(), Map.of()), resolved.unresolved(), 0);
            settle(checks, Name.PLUGIN, new FieldPaths(Map.of(), Map.of()), List.of(" " + unknown.reason()), 0);
            return answer(checks);
        }
        run(provider, resolved, ask.getProbe(), checks);
        return answer(checks);
    }

    private <C extends Record> void run(
            ConnectorProvider<C> provider, ResolvedConfig resolved, boolean probe, Map<Name, Check.Builder> checks) {
        FieldPaths paths = new FieldPaths(resolved.tree(), provider.schema());
        settle(checks, Name.SECRETS, paths, resolved.unresolved(), 0);
        long since = clock.nanoTime();
        Bound<C> bound = Binder.bind(provider.configType(), provider.defaults(), resolved.tree(), "");
        settle(checks, Name.SCHEMA, paths, resolved.told(bound.problems()), since);
        C config = bound.value();
        if (config == null || !bound.isValid() || !resolved.unresolved().isEmpty()) {
            return;
        }
        if (!ask(checks, Name.PLUGIN, paths, resolved, provider, () -> provider.validate(config), LONGEST_VALIDATE)) {
            return;
        }
        if (probe) {
            ask(checks, Name.PROBE, paths, resolved, provider, () -> provider.probe(config), LONGEST_PROBE);
        }
    }

    /** Asks the plugin; answers whether it found nothing. */
    private boolean ask(
            Map<Name, Check.Builder> checks,
            Name name,
            FieldPaths paths,
            ResolvedConfig resolved,
            ConnectorProvider<?> provider,
            Callable<List<String>> question,
            Duration bound) {
        long since = clock.nanoTime();
        Said said = said(provider, question, bound);
        List<String> lines = new ArrayList<>(resolved.told(said.lines()));
        if (said.failure() != null) {
            lines.add(" " + resolved.masked(said.failure()));
        }
        settle(checks, name, paths, lines, since);
        return lines.isEmpty();
    }

    private Said said(ConnectorProvider<?> provider, Callable<List<String>> question, Duration bound) {
        AtomicReference<@Nullable Said> said = new AtomicReference<>();
        CountDownLatch ended = new CountDownLatch(1);
        Thread thread = threads.newThread(() -> {
            try {
                said.set(new Said(List.copyOf(question.call()), null));
            } catch (Throwable thrown) {
                // the edge of the plugin
                said.set(new Said(List.of(), FailureText.reason(thrown)));
            } finally {
                ended.countDown();
            }
        });
        thread.setContextClassLoader(provider.getClass().getClassLoader());
        try {
            thread.start();
            if (!ended.await(bound.toMillis(), TimeUnit.MILLISECONDS)) {
                thread.interrupt();
                return new Said(List.of(), "plugin: no answer (expected: within %s)".formatted(bound));
            }
        } catch (InterruptedException interrupted) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        } catch (OutOfMemoryError threadless) {
            return new Said(List.of(), "no thread for the check (expected: one)");
        }
        Said came = said.get();
        return came == null ? new Said(List.of(), "check given up (expected: an answer)") : came;
    }

    private ConnectorProvider<?> provider(String kind, String name) {
        return "SINK".equalsIgnoreCase(kind)
                ? plugins.named(SinkConnectorProvider.class, name)
                : plugins.named(SourceConnectorProvider.class, name);
    }

    private void settle(
            Map<Name, Check.Builder> checks, Name name, FieldPaths paths, List<String> problems, long since) {
        Check.Builder check = checks.get(name);
        if (check == null) {
            return;
        }
        check.setStatus(problems.isEmpty() ? "PASS" : "FAIL").addAllProblems(paths.problems(problems));
        if (since != 0) {
            check.setMillis(TimeUnit.NANOSECONDS.toMillis(clock.nanoTime() - since));
        }
    }

    private static List<Check> answer(Map<Name, Check.Builder> checks) {
        return checks.values().stream().map(Check.Builder::build).toList();
    }
}
