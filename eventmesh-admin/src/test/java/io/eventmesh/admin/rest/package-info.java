@NullMarked
package io.eventmesh.admin.rest;

import org.jspecify.annotations.NullMarked;
