/** The command line client, {@code bin/eventmesh}. */
@NullMarked
package io.eventmesh.cli;

import org.jspecify.annotations.NullMarked;
