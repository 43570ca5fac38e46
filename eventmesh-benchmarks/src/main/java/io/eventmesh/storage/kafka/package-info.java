/** Measures parts of the Kafka storage that are nobody else's business. */
@NullMarked
package io.eventmesh.storage.kafka;

import org.jspecify.annotations.NullMarked;
