/** The REST side: resources below /api/v1 and problem documents. */
@NullMarked
package io.eventmesh.admin.rest;

import org.jspecify.annotations.NullMarked;
