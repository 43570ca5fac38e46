/** The packed distribution under load, beside a yardstick in the same run. */
@NullMarked
package io.eventmesh.benchmarks.system;

import org.jspecify.annotations.NullMarked;
