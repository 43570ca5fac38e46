package io.eventmesh.connector.kafka.connect;

import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.source.SourceConnector;

/** A source connector of Kafka Connect as a source plugin of the mesh. */
final class HostedSourceProvider implements SourceConnectorProvider<HostedSourceConfig> {
    private final HostedPlugin<SourceConnector> plugin;

    HostedSourceProvider(HostedPlugin<SourceConnector> plugin) {
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
    public Class<HostedSourceConfig> configType() {
        return HostedSourceConfig.class;
    }

    @Override
    public HostedSourceConfig defaults() {
        return HostedSourceConfig.standard();
    }

    @Override
    public Map<String, Object> schema() {
        return plugin.schema(configType(), defaults());
    }

    @Override
    public List<String> validate(HostedSourceConfig config) {
        return HostedProperties.problems(plugin, config.properties());
    }

    @Override
    public List<String> probe(HostedSourceConfig config) throws Exception {
        return plugin.probe(HostedProperties.text(config.properties()));
    }

    @Override
    public io.eventmesh.spi.connector.SourceConnector create(HostedSourceConfig config, TaskContext context) {
        return new HostedSource(plugin, config, context);
    }
}
