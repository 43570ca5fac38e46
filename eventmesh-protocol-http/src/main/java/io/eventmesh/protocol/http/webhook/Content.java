package io.eventmesh.protocol.http.webhook;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/** An event as it goes over the wire. */
record Content(MultiMap headers, Buffer body) {}
