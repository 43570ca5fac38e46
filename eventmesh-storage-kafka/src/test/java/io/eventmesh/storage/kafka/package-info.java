/** Tests of the Kafka storage on a real broker in the test's own process. */
@NullMarked
package io.eventmesh.storage.kafka;

import org.jspecify.annotations.NullMarked;
