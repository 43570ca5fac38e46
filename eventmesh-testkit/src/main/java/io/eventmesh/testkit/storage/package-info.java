/** What every storage must keep to, as tests to extend, and a storage that fails on demand. */
@NullMarked
package io.eventmesh.testkit.storage;

import org.jspecify.annotations.NullMarked;
