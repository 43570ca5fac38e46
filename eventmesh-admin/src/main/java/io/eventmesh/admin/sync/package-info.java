/** The gRPC side: what runtimes report, fetch and store, and what the admin asks of mesh runtimes. */
@NullMarked
package io.eventmesh.admin.sync;

import org.jspecify.annotations.NullMarked;
