/**
 * Calls over HTTP that the mesh makes by itself: to checked addresses only, each with a bound on its time and on what it
 * reads, with proof of who calls.
 */
@NullMarked
package io.eventmesh.protocol.http.client;

import org.jspecify.annotations.NullMarked;
