/** The client for applications. */
@NullMarked
package io.eventmesh.sdk;

import org.jspecify.annotations.NullMarked;
