@NullMarked
package io.eventmesh.runtime.ops;

import org.jspecify.annotations.NullMarked;
