/** The verbs that ask the admin's REST API: what runs, what is configured, what to do about it. */
@NullMarked
package io.eventmesh.cli.admin;

import org.jspecify.annotations.NullMarked;
