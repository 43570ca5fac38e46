/** What judging an event by many rules costs. */
@NullMarked
package io.eventmesh.benchmarks.rules;

import org.jspecify.annotations.NullMarked;
