@NullMarked
package io.eventmesh.runtime.connector;

import org.jspecify.annotations.NullMarked;
