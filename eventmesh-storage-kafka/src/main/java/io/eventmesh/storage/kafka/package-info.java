/**
 * The storage that many runtimes share, on Kafka: a stream is a topic, a group is a consumer group, and what both of them
 * are stands in a catalog topic.
 */
@NullMarked
package io.eventmesh.storage.kafka;

import org.jspecify.annotations.NullMarked;
