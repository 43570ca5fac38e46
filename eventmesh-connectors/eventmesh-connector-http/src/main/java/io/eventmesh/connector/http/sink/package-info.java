/** The sink {@code http}: events as HTTP requests to a foreign system. */
@NullMarked
package io.eventmesh.connector.http.sink;

import org.jspecify.annotations.NullMarked;
