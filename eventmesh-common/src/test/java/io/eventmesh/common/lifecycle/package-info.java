@NullMarked
package io.eventmesh.common.lifecycle;

import org.jspecify.annotations.NullMarked;
