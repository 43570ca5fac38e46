/** Filters in the dialects of the CloudEvents Subscriptions specification, which judge an event by its attributes. */
@NullMarked
package io.eventmesh.function.subscription;

import org.jspecify.annotations.NullMarked;
