/**
 * Files as a source and as a sink: a source follows a growing file line by line, a sink appends a line an event.
 */
@NullMarked
package io.eventmesh.connector.file;

import org.jspecify.annotations.NullMarked;
