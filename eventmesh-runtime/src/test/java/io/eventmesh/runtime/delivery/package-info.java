@NullMarked
package io.eventmesh.runtime.delivery;

import org.jspecify.annotations.NullMarked;
