/** The admin's database: its tables, and the transactions that the rest of the admin may ask for. */
@NullMarked
package io.eventmesh.admin.database;

import org.jspecify.annotations.NullMarked;
