/** What keeps streams, groups, progress and parked events. */
@NullMarked
package io.eventmesh.spi.storage;

import org.jspecify.annotations.NullMarked;
