/** Webhooks as a source and HTTP requests as a sink: what both share. */
@NullMarked
package io.eventmesh.connector.http;

import org.jspecify.annotations.NullMarked;
