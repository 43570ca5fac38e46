/** The operator's door: health, readiness and metrics over the JDK's HTTP server, the same for every role. */
@NullMarked
package io.eventmesh.runtime.ops;

import org.jspecify.annotations.NullMarked;
