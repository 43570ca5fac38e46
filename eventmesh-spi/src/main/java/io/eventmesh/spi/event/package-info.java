/**
 * The one form of an event inside the mesh: its protobuf bytes, and what a single scan found in them.
 *
 * <p>{@link io.eventmesh.spi.event.Event} is what doors, storages, the delivery engine and plugins hand to one another.
 * It is scanned by protobuf's own rules, so that nobody downstream sees another event than the one that was judged; it
 * is never re-encoded on its way. {@link io.eventmesh.spi.event.EventBuilder} writes the bytes directly and
 * {@link io.eventmesh.spi.event.CloudEvents} converts to and from the CloudEvents SDK.
 */
@NullMarked
package io.eventmesh.spi.event;

import org.jspecify.annotations.NullMarked;
