/** How roles that have no mesh of their own in the process reach one. */
@NullMarked
package io.eventmesh.runtime.client;

import org.jspecify.annotations.NullMarked;
