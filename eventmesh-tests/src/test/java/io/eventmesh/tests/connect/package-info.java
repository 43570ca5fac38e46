/** Plugins of Kafka Connect in the packed distribution: Debezium on a PostgreSQL, and a hosted sink. */
@NullMarked
package io.eventmesh.tests.connect;

import org.jspecify.annotations.NullMarked;
