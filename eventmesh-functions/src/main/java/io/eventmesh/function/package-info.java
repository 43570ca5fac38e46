/** Filters and transformers that ship with the mesh, and the JSON form of an event that they look at. */
@NullMarked
package io.eventmesh.function;

import org.jspecify.annotations.NullMarked;
