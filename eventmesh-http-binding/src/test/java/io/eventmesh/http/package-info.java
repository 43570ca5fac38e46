@NullMarked
package io.eventmesh.http;

import org.jspecify.annotations.NullMarked;
