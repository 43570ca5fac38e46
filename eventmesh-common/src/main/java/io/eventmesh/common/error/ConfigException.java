package io.eventmesh.common.error;

import java.util.List;

/**
 * A refused start because of configuration: every problem at once, each naming its key, its value and what was
 * expected. The process ends with exit code 2.
 */
public final class ConfigException extends EventMeshException {
    private static final long serialVersionUID = 1L;

    private final transient List<String> problems;

    /**
     * @param source where the configuration came from, such as {@code conf/eventmesh.yaml}
     * @param problems one line a problem, {@code key: value (expected: …)}
     */
    public ConfigException(String source, List<String> problems) {
        super(ErrorCode.CONFIG_INVALID, text(source, problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }

    private static String text(String source, List<String> problems) {
        String head = "Configuration refused: %d problem%s in %s"
                .formatted(problems.size(), problems.size() == 1 ? "" : "s", source);
        return head + "\n  " + String.join("\n  ", problems);
    }
}
