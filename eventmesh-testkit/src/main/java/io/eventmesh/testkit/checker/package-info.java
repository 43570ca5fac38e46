/** What producers and consumers saw, and whether it keeps the mesh's promises. */
@NullMarked
package io.eventmesh.testkit.checker;

import org.jspecify.annotations.NullMarked;
