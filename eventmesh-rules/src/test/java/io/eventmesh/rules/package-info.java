@NullMarked
package io.eventmesh.rules;

import org.jspecify.annotations.NullMarked;
