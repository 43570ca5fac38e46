package io.eventmesh.runtime.admin;

import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.RuntimeReport;

/** What has something to say in every report of its process, beside tasks. Called one at a time; must not block. */
public interface ReportPart {
    /** Adds to a report. */
    void tell(RuntimeReport.Builder report);

    /** Hears what the leader says. */
    default void told(AdminDirective directive) {}
}
