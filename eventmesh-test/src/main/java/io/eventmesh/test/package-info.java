/** A whole mesh within a JUnit 5 test: {@link io.eventmesh.test.EventMeshTest} begins it. */
@NullMarked
package io.eventmesh.test;

import org.jspecify.annotations.NullMarked;
