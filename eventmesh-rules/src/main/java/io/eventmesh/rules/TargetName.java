package io.eventmesh.rules;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;

/**
 * Whose result an event is: a target of a rule, and the revision that judged. Written {@code rule/target@revision}, which
 * stands in the header of every record that a rule brought forth, beside the event and never in it; behind a semicolon may
 * follow what the record went through since.
 *
 * <p>Neither a rule's nor a target's name holds a slash or an at sign.
 */
public record TargetName(String rule, String target, long revision) {
    /** The target whatever the revision, {@code rule/target}: what its lane and its dead letters are named by. */
    public String path() {
        return rule + "/" + target;
    }

    /** The target of a header, whatever the revision; cheaper than {@link #parse}. */
    public static String path(String header) {
        int at = header.indexOf('@');
        return at < 0 ? header : header.substring(0, at);
    }

    /**
     * Reads a header; revision 0 where none stands.
     *
     * @throws EventMeshException REQUEST_INVALID
     */
    public static TargetName parse(String header) {
        String path = path(header);
        int slash = path.indexOf('/');
        try {
            if (slash > 0 && slash < path.length() - 1) {
                String rest = path.length() == header.length() ? "0" : header.substring(path.length() + 1);
                int past = rest.indexOf(';');
                long revision = Long.parseLong(past < 0 ? rest : rest.substring(0, past));
                return new TargetName(path.substring(0, slash), path.substring(slash + 1), revision);
            }
        } catch (NumberFormatException notOne) {
            // told below
        }
        throw new EventMeshException(
                ErrorCode.REQUEST_INVALID,
                "target: '%s' (expected: rule/target@revision)".formatted(Names.shown(header)));
    }

    @Override
    public String toString() {
        return rule + "/" + target + "@" + revision;
    }
}
