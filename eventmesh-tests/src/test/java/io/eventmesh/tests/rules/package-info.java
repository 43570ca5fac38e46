/** Rules from end to end: several processes, destinations of the test's own, and a reckoning that owes nothing to them. */
@NullMarked
package io.eventmesh.tests.rules;

import org.jspecify.annotations.NullMarked;
