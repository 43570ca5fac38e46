@NullMarked
package io.eventmesh.connector.kafka.connect;

import org.jspecify.annotations.NullMarked;
