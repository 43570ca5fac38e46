/** The mesh as clients of Apache EventMesh see it: their published SDK, unchanged, in processes of its own. */
@NullMarked
package io.eventmesh.tests.interop;

import org.jspecify.annotations.NullMarked;
