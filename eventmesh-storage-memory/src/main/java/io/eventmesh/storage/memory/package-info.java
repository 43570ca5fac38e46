/** The reference storage: bounded, volatile, and the default. Why it is built so: RATIONALE.md. */
@NullMarked
package io.eventmesh.storage.memory;

import org.jspecify.annotations.NullMarked;
