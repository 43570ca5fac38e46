package io.eventmesh.spi.connector;

/** Makes sink connectors. */
public interface SinkConnectorProvider<C extends Record> extends ConnectorProvider<C> {
    /** Makes one without opening it. */
    SinkConnector create(C config, TaskContext context);
}
