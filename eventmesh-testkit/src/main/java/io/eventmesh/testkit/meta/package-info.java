/** The contract of the meta store as a test that every implementation extends. */
@NullMarked
package io.eventmesh.testkit.meta;

import org.jspecify.annotations.NullMarked;
