/** Runs the packed distribution as processes of their own. */
@NullMarked
package io.eventmesh.tests.process;

import org.jspecify.annotations.NullMarked;
