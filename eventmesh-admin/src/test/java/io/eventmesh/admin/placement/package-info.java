@NullMarked
package io.eventmesh.admin.placement;

import org.jspecify.annotations.NullMarked;
