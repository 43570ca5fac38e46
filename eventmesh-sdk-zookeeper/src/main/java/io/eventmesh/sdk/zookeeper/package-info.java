/** Finds mesh runtimes by their registrations in the meta store. */
@NullMarked
package io.eventmesh.sdk.zookeeper;

import org.jspecify.annotations.NullMarked;
