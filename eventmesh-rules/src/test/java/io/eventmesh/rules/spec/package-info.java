@NullMarked
package io.eventmesh.rules.spec;

import org.jspecify.annotations.NullMarked;
