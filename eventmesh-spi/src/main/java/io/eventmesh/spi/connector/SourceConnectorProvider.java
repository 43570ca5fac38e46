package io.eventmesh.spi.connector;

/** Makes source connectors. */
public interface SourceConnectorProvider<C extends Record> extends ConnectorProvider<C> {
    /** Makes one without opening it. */
    SourceConnector create(C config, TaskContext context);
}
