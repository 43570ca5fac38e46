/** Time that a test owns, and what every component of the mesh promises. */
@NullMarked
package io.eventmesh.testkit;

import org.jspecify.annotations.NullMarked;
