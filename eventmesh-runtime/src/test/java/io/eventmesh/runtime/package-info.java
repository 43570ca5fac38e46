@NullMarked
package io.eventmesh.runtime;

import org.jspecify.annotations.NullMarked;
