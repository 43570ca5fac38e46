/** CloudEvents over HTTP: binary, structured and batch. */
@NullMarked
package io.eventmesh.protocol.http;

import org.jspecify.annotations.NullMarked;
