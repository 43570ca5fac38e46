/** Error codes, what they are in HTTP, and the two exceptions that leave a component: one while running, one at start. */
@NullMarked
package io.eventmesh.common.error;

import org.jspecify.annotations.NullMarked;
