/** The function role: judges events by the rules of their bus and hands the results to the bus's outbox. */
@NullMarked
package io.eventmesh.runtime.function;

import org.jspecify.annotations.NullMarked;
