/** What mesh runtimes over one shared storage ask of one another. */
@NullMarked
package io.eventmesh.spi.peer;

import org.jspecify.annotations.NullMarked;
