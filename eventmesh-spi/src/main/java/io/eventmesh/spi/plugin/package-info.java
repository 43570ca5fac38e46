/** How plugins are named, described, configured and found. */
@NullMarked
package io.eventmesh.spi.plugin;

import org.jspecify.annotations.NullMarked;
