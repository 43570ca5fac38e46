/** What every kind of transform must do. */
@NullMarked
package io.eventmesh.testkit.function;

import org.jspecify.annotations.NullMarked;
