/** Which function runtimes judge by which groups of rules. */
@NullMarked
package io.eventmesh.admin.placement;

import org.jspecify.annotations.NullMarked;
