package io.eventmesh.connector.kafka.connect;

import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkConnector;

/** A sink connector of Kafka Connect as a sink plugin of the mesh. */
final class HostedSinkProvider implements SinkConnectorProvider<HostedSinkConfig> {
    private final HostedPlugin<SinkConnector> plugin;

    HostedSinkProvider(HostedPlugin<SinkConnector> plugin) {
        this.plugin = plugin;
    }

    @Override
    public String name() {
        return plugin.name();
    }

    @Override
    public String version() {
        return plugin.version();
    }

    @Override
    public Class<HostedSinkConfig> configType() {
        return HostedSinkConfig.class;
    }

    @Override
    public HostedSinkConfig defaults() {
        return HostedSinkConfig.standard();
    }

    @Override
    public Map<String, Object> schema() {
        return plugin.schema(configType(), defaults());
    }

    @Override
    public List<String> validate(HostedSinkConfig config) {
        List<String> problems = new ArrayList<>(HostedProperties.problems(plugin, config.properties()));
        problems.addAll(SinkValues.problems(config.values()));
        return problems;
    }

    @Override
    public List<String> probe(HostedSinkConfig config) throws Exception {
        return plugin.probe(HostedProperties.text(config.properties()));
    }

    @Override
    public io.eventmesh.spi.connector.SinkConnector create(HostedSinkConfig config, TaskContext context) {
        return new HostedSink(plugin, config, context);
    }
}
