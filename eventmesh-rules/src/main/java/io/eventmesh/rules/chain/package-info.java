/** Transforms one after another, each with its bound of time and what becomes of an event that it cannot change. */
@NullMarked
package io.eventmesh.rules.chain;

import org.jspecify.annotations.NullMarked;
