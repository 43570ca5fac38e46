/** Codecs that come with the client; each needs its library on the class path. */
@NullMarked
package io.eventmesh.sdk.codec;

import org.jspecify.annotations.NullMarked;
