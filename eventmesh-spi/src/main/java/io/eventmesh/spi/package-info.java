/** The walls of the house: every interface between the runtime and its plugins. */
@NullMarked
package io.eventmesh.spi;

import org.jspecify.annotations.NullMarked;
