/** A mesh that does what a test says, and receivers that remember. */
@NullMarked
package io.eventmesh.testkit.mesh;

import org.jspecify.annotations.NullMarked;
