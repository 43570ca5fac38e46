/** Transformers: constant, path, template and JSONata. */
@NullMarked
package io.eventmesh.function.transform;

import org.jspecify.annotations.NullMarked;
