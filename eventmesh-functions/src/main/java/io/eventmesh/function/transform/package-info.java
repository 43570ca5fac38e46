/** Transformers that take microseconds: constant, path, template, attributes. */
@NullMarked
package io.eventmesh.function.transform;

import org.jspecify.annotations.NullMarked;
