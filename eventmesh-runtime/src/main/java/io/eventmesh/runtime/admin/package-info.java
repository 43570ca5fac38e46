/** How a process speaks with the leading admin: one stream for all its roles. The only place here that knows gRPC. */
@NullMarked
package io.eventmesh.runtime.admin;

import org.jspecify.annotations.NullMarked;
