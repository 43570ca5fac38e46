/** JSONata expressions as transforms, with a bound on everything that an expression can use up. */
@NullMarked
package io.eventmesh.function.jsonata;

import org.jspecify.annotations.NullMarked;
