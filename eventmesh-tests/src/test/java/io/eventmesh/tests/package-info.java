@NullMarked
package io.eventmesh.tests;

import org.jspecify.annotations.NullMarked;
