@NullMarked
package io.eventmesh.connector.http.sink;

import org.jspecify.annotations.NullMarked;
