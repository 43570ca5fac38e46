/** How a client learns which mesh runtimes live, and where. */
@NullMarked
package io.eventmesh.sdk.discovery;

import org.jspecify.annotations.NullMarked;
