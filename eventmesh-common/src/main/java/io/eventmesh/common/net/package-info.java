/** Which addresses the mesh may call by itself. */
@NullMarked
package io.eventmesh.common.net;

import org.jspecify.annotations.NullMarked;
