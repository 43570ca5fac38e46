package io.eventmesh.admin;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Secret;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A source plugin that can be configured and never runs. */
public final class FakeConnectors implements SourceConnectorProvider<FakeConnectors.Config> {
    /** Its configuration; the path must be given. */
    public record Config(@Nullable String path, int rate, Secret token) {
        public Config {
            Check.positive("rate", rate);
        }
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    @Override
    public Config defaults() {
        return new Config(null, 10, Secret.none());
    }

    @Override
    public List<String> validate(Config config) {
        return config.path() == null ? List.of("path: missing (expected: a path)") : List.of();
    }

    @Override
    public SourceConnector create(Config config, TaskContext context) {
        throw new UnsupportedOperationException("never runs");
    }
}
