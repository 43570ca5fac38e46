/** Targets that are HTTP endpoints: CloudEvents of all three modes, and the form that EventMesh subscribers expect. */
@NullMarked
package io.eventmesh.protocol.http.webhook;

import org.jspecify.annotations.NullMarked;
