/** How plugins are found: on the class path and in directories with class loaders of their own. */
@NullMarked
package io.eventmesh.runtime.plugin;

import org.jspecify.annotations.NullMarked;
