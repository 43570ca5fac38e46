@NullMarked
package io.eventmesh.runtime.mesh;

import org.jspecify.annotations.NullMarked;
