package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.ConfigKeys;
import io.eventmesh.spi.connector.ConnectorHost;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.HostedDirectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * Turns a directory with a Kafka Connect plugin into source and sink plugins of the mesh: {@code
 * plugins/connect-<name>/} with the connector's jars, and {@code connect-json} and {@code connect-transforms} where the
 * plugin expects Kafka Connect to bring them.
 *
 * <p>A plugin is called after its directory; where one holds several connectors of a kind, the connector's class is added
 * to the name. Thread-safe.
 */
public final class KafkaConnectHost implements ConnectorHost {
    /** The packages of connect-api: interfaces and data that connector and host hand to each other. */
    private static final List<String> API = List.of(
            "components.",
            "connector.",
            "data.",
            "errors.",
            "header.",
            "health.",
            "rest.",
            "sink.",
            "source.",
            "storage.",
            "util.");

    private static final String CONNECT = "org.apache.kafka.connect.";

    @Override
    public String name() {
        return "connect";
    }

    @Override
    public boolean shares(String className) {
        if (className.startsWith(CONNECT)) {
            String rest = className.substring(CONNECT.length());
            return API.stream().anyMatch(rest::startsWith)
                    || rest.equals("transforms.Transformation")
                    || rest.equals("transforms.predicates.Predicate");
        }
        return className.startsWith("org.apache.kafka.common.")
                || className.startsWith("org.apache.kafka.clients.")
                || className.startsWith("org.slf4j.");
    }

    @Override
    public List<ConnectorProvider<?>> providers(HostedDirectory directory) throws IOException {
        PluginJars jars = new PluginJars(directory);
        List<Class<? extends SourceConnector>> sources = jars.connectors(SourceConnector.class);
        List<Class<? extends SinkConnector>> sinks = jars.connectors(SinkConnector.class);
        List<ConnectorProvider<?>> providers = new ArrayList<>();
        for (Class<? extends SourceConnector> source : sources) {
            providers.add(new HostedSourceProvider(
                    new HostedPlugin<>(name(directory, sources, source), directory.loader(), source)));
        }
        for (Class<? extends SinkConnector> sink : sinks) {
            providers.add(
                    new HostedSinkProvider(new HostedPlugin<>(name(directory, sinks, sink), directory.loader(), sink)));
        }
        if (providers.isEmpty()) {
            throw new IOException("plugins/%s-%s: no connector (expected: a jar with a class that extends %s or %s)"
                    .formatted(
                            name(), directory.name(), SourceConnector.class.getName(), SinkConnector.class.getName()));
        }
        return providers;
    }

    private static String name(HostedDirectory directory, List<?> ofItsKind, Class<? extends Connector> type) {
        return ofItsKind.size() == 1
                ? directory.name()
                : directory.name() + "-" + ConfigKeys.kebab(type.getSimpleName());
    }
}
