/** Tests of the client against real doors over real sockets. */
@NullMarked
package io.eventmesh.sdk.remote;

import org.jspecify.annotations.NullMarked;
