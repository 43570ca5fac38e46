/** The connectors' contracts, held against connectors of the tests' own. */
@NullMarked
package io.eventmesh.testkit.connector;

import org.jspecify.annotations.NullMarked;
