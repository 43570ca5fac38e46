package io.eventmesh.admin.schedule;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.database.RuntimeRow;
import java.util.List;
import java.util.TreeMap;

/** How what the board knows is written down. */
public final class Views {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Views() {}

    static RuntimeRow runtime(Member member, Member.State state) {
        return new RuntimeRow(
                member.id,
                member.incarnation,
                member.address,
                String.join(",", member.roles),
                json(member.plugins),
                json(new TreeMap<>(member.labels)),
                member.slots,
                state.name(),
                0,
                member.marks);
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The plugins that a runtime's row tells of. */
    public static List<Report.PluginInfo> plugins(RuntimeRow row) {
        try {
            return List.of(JSON.readValue(row.plugins(), Report.PluginInfo[].class));
        } catch (JsonProcessingException unreadable) {
            return List.of();
        }
    }
}
