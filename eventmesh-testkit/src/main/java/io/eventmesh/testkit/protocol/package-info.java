/** What every door must do. */
@NullMarked
package io.eventmesh.testkit.protocol;

import org.jspecify.annotations.NullMarked;
