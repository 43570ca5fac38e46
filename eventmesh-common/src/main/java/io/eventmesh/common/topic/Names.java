package io.eventmesh.common.topic;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.regex.Pattern;

/** What names of namespaces, groups and other single-level things look like. */
public final class Names {
    /** The namespace that owns everything unless one is said. */
    public static final String DEFAULT_NAMESPACE = "default";

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.~%-]{1,64}");
    private static final Pattern GROUP = Pattern.compile("[A-Za-z0-9_.~%/-]{1,200}");
    private static final int SHOWN = 80;

    private Names() {}

    /**
     * A namespace, connector, rule or bus name: {@code [A-Za-z0-9_.~%-]{1,64}}.
     *
     * @param what how the message calls it
     * @throws EventMeshException REQUEST_INVALID
     */
    public static String requireName(String what, String name) {
        return require(NAME, what, name);
    }

    /** A group name: as {@link #requireName}, with slashes allowed and up to 200 characters. */
    public static String requireGroup(String name) {
        return require(GROUP, "group", name);
    }

    /** A value as it may stand in a message: cut when long, control characters escaped. */
    public static String shown(String value) {
        String cut = value.length() <= SHOWN ? value : value.substring(0, SHOWN) + "…";
        StringBuilder text = new StringBuilder(cut.length());
        for (int i = 0; i < cut.length(); i++) {
            char c = cut.charAt(i);
            text.append(Character.isISOControl(c) ? "\\u%04x".formatted((int) c) : String.valueOf(c));
        }
        return text.toString();
    }

    static boolean isLevelCharacter(char c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '.'
                || c == '_'
                || c == '~'
                || c == '%'
                || c == '-';
    }

    private static String require(Pattern form, String what, String name) {
        if (!form.matcher(name).matches()) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "%s: '%s' (expected: %s)".formatted(what, shown(name), form.pattern()));
        }
        return name;
    }
}
