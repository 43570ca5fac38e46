/** Buses, rules and credentials as people write them: read, checked with every problem by its path, and made into definitions. */
@NullMarked
package io.eventmesh.rules.spec;

import org.jspecify.annotations.NullMarked;
