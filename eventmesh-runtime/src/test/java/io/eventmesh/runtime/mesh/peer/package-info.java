@NullMarked
package io.eventmesh.runtime.mesh.peer;

import org.jspecify.annotations.NullMarked;
