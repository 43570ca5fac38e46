/** Rules, compiled: what they take, what they make of it, and why not. */
@NullMarked
package io.eventmesh.rules;

import org.jspecify.annotations.NullMarked;
