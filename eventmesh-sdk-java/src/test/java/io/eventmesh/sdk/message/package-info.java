@NullMarked
package io.eventmesh.sdk.message;

import org.jspecify.annotations.NullMarked;
