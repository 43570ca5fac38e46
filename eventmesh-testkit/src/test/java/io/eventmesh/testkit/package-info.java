@NullMarked
package io.eventmesh.testkit;

import org.jspecify.annotations.NullMarked;
