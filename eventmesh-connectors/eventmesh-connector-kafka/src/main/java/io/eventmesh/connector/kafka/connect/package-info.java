/** Runs source and sink connectors written for Kafka Connect as tasks of the mesh, without a Kafka cluster. */
@NullMarked
package io.eventmesh.connector.kafka.connect;

import org.jspecify.annotations.NullMarked;
