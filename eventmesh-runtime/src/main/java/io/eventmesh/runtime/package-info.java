/** The process: start and stop, identity, threads, and the one place where everything is wired together. */
@NullMarked
package io.eventmesh.runtime;

import org.jspecify.annotations.NullMarked;
