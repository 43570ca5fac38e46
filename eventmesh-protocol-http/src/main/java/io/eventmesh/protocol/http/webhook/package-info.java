/** Delivery of events to HTTP endpoints: CloudEvents of both modes, and the form that EventMesh subscribers expect. */
@NullMarked
package io.eventmesh.protocol.http.webhook;

import org.jspecify.annotations.NullMarked;
