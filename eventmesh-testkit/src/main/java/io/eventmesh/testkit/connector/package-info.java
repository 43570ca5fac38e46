/** What every source and sink connector must do. */
@NullMarked
package io.eventmesh.testkit.connector;

import org.jspecify.annotations.NullMarked;
