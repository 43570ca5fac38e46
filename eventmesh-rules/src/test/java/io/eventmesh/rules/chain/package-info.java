/** Tests of chains of transforms. */
@NullMarked
package io.eventmesh.rules.chain;

import org.jspecify.annotations.NullMarked;
