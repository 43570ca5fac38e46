/**
 * The other two forms of a message that clients of EventMesh know beside CloudEvents, and their events;
 * {@link io.eventmesh.spi.event.CloudEvents} is the converter of the third.
 */
@NullMarked
package io.eventmesh.sdk.message;

import org.jspecify.annotations.NullMarked;
