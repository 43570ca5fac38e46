/** The mesh role: admission of events and subscriptions, their streams, the doors, who else serves. */
@NullMarked
package io.eventmesh.runtime.mesh;

import org.jspecify.annotations.NullMarked;
