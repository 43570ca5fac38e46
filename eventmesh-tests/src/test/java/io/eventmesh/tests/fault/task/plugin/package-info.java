/** The plugins {@code numbered} and {@code storing}, which tests install in a plugin directory of their own. */
@NullMarked
package io.eventmesh.tests.fault.task.plugin;

import org.jspecify.annotations.NullMarked;
