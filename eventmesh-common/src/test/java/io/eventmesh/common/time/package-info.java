@NullMarked
package io.eventmesh.common.time;

import org.jspecify.annotations.NullMarked;
