@NullMarked
package io.eventmesh.runtime.plugin;

import org.jspecify.annotations.NullMarked;
