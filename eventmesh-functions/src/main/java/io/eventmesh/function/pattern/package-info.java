/** Event patterns: JSON objects that say which values an event's fields may have. */
@NullMarked
package io.eventmesh.function.pattern;

import org.jspecify.annotations.NullMarked;
