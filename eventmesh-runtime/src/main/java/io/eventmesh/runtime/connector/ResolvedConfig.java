package io.eventmesh.runtime.connector;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A connector's configuration with its placeholders filled in, and what must not be said of it.
 *
 * @param tree what is bound
 * @param unresolved a line for each placeholder that leads nowhere
 * @param filled the keys, with dots between, whose values were filled in or could not be
 * @param values what was filled in, longest first
 */
record ResolvedConfig(Map<String, Object> tree, List<String> unresolved, Set<String> filled, List<String> values) {
    private static final Pattern LINE =
            Pattern.compile("([^:\\s]+): (.*?)( \\((?:expected|did you mean): .*\\))?", Pattern.DOTALL);

    /** The lines without those on keys that were not resolved, and without what was filled in. */
    List<String> told(List<String> lines) {
        List<String> told = new ArrayList<>();
        for (String line : lines) {
            Matcher parts = LINE.matcher(line);
            boolean keyed = parts.matches();
            if (keyed && isUnresolved(parts.group(1))) {
                continue;
            }
            if (keyed && filled.contains(parts.group(1))) {
                String expected = parts.group(3);
                told.add(masked(parts.group(1) + ": ***" + (expected == null ? "" : expected)));
            } else {
                told.add(masked(line));
            }
        }
        return told;
    }

    /** The text without what was filled in. */
    String masked(String text) {
        String masked = text;
        for (String value : values) {
            masked = masked.replace(value, "***");
        }
        return masked;
    }

    private boolean isUnresolved(String key) {
        return unresolved.stream().anyMatch(line -> line.startsWith(key + ":"));
    }
}
