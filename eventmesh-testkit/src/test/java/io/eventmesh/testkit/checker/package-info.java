@NullMarked
package io.eventmesh.testkit.checker;

import org.jspecify.annotations.NullMarked;
