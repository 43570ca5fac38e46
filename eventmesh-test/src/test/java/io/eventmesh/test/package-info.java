@NullMarked
package io.eventmesh.test;

import org.jspecify.annotations.NullMarked;
