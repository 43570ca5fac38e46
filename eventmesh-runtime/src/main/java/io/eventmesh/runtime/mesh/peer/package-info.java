/** A mesh runtime among others over one shared storage: members attached at several of them, and what they ask one another. */
@NullMarked
package io.eventmesh.runtime.mesh.peer;

import org.jspecify.annotations.NullMarked;
