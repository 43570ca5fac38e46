/** Kafka brokers as processes of their own, which tests start, end and pause. */
@NullMarked
package io.eventmesh.tests.kafka;

import org.jspecify.annotations.NullMarked;
