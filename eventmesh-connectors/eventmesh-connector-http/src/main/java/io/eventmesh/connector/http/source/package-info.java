/** The source {@code http}: an HTTP server whose requests become events. */
@NullMarked
package io.eventmesh.connector.http.source;

import org.jspecify.annotations.NullMarked;
