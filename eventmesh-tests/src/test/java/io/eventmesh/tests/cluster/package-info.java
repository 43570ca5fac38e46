/** Mesh runtimes that are stopped, killed and started again under the eyes of applications that use the client. */
@NullMarked
package io.eventmesh.tests.cluster;

import org.jspecify.annotations.NullMarked;
