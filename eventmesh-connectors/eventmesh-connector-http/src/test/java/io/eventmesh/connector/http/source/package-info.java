@NullMarked
package io.eventmesh.connector.http.source;

import org.jspecify.annotations.NullMarked;
