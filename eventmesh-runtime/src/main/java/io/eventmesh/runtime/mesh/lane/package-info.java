/** Delivery of a bus's outbox to the targets of its rules. */
@NullMarked
package io.eventmesh.runtime.mesh.lane;

import org.jspecify.annotations.NullMarked;
