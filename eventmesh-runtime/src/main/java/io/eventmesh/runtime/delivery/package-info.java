/** The delivery engine: offers a group's events to its members, in order per key, until each is done. */
@NullMarked
package io.eventmesh.runtime.delivery;

import org.jspecify.annotations.NullMarked;
