package io.eventmesh.runtime.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.config.ConfigKey;
import io.eventmesh.common.config.ConfigKeys;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The reference of all configuration keys, made from the records of the core and of the plugins given: as a page and as
 * a commented file. Immutable.
 */
public final class ConfigReference {
    private static final int WIDTH = 110;

    private final List<ConfigKey> keys;
    private final Map<String, String> computed;

    /** @param computed by key, defaults that depend on the machine, in words: shown instead of this machine's value */
    public ConfigReference(Plugins plugins, Map<String, String> computed) {
        this.keys = new ConfigLoader(plugins).keys();
        this.computed = Map.copyOf(computed);
    }

    /** {@code docs/reference/config.md}. */
    public String markdown() {
        StringBuilder page = new StringBuilder("""
                # Configuration keys

                Generated from the configuration records; do not edit. Every key stands in `conf/eventmesh.yaml`, which
                `--config=FILE` replaces. A variable of the environment wins over the file, `--set key=value` over both. An
                unknown key refuses the start. Values may hold `${env:NAME}`, `${env:NAME:-default}` and
                `${file:/path#key}`. `--check-config` checks, `--print-config` prints what is in effect.
                """);
        bySection().forEach((section, its) -> {
            page.append("\n## ")
                    .append(section.isEmpty() ? "Top level" : section)
                    .append("\n\n");
            page.append("| key | default | takes | what it does |\n|---|---|---|---|\n");
            for (ConfigKey key : its) {
                page.append("| `%s` | %s | %s | %s |\n"
                        .formatted(key.path(), fallback(key), cell(key.expected()), cell(sentence(key))));
            }
        });
        page.append("\nThe variable of a key is `EVENTMESH_` and the key in capitals with `_` for `.` and `-`: `")
                .append(ConfigKeys.environmentName("mesh.http.port"))
                .append("` is `mesh.http.port`.\n");
        return page.toString();
    }

    /** {@code conf/eventmesh.yaml}: every section, every key commented out with its default. */
    public String yaml() {
        StringBuilder file = new StringBuilder("""
                # Configuration of EventMesh: every key with its default, commented out.
                #
                # A variable of the environment wins over this file (EVENTMESH_MESH_HTTP_PORT is mesh.http.port), and
                # --set key=value on the command line over both. An unknown key refuses the start. Values may hold
                # ${env:NAME}, ${env:NAME:-default} and ${file:/path#key}. bin/start.sh --check-config checks this file.
                """);
        List<String> open = List.of();
        for (ConfigKey key : ordered()) {
            List<String> levels = List.of(key.path().split("\\."));
            List<String> sections = levels.subList(0, levels.size() - 1);
            int common = 0;
            while (common < Math.min(open.size(), sections.size())
                    && open.get(common).equals(sections.get(common))) {
                common++;
            }
            if (common == 0) {
                file.append('\n');
            }
            for (int i = common; i < sections.size(); i++) {
                file.append("  ".repeat(i)).append(sections.get(i)).append(":\n");
            }
            open = sections;
            String indent = "  ".repeat(sections.size());
            comment(file, indent, sentence(key));
            String value =
                    key.fallback() == null || computed.containsKey(key.path()) ? "" : " " + value(key.fallback());
            file.append("%s# %s:%s\n".formatted(indent, levels.get(levels.size() - 1), value));
        }
        return file.toString();
    }

    /** Keys of one section stand together, and before the sections within. */
    private List<ConfigKey> ordered() {
        Map<String, List<ConfigKey>> sections = bySection();
        List<String> order = new ArrayList<>();
        for (String section : sections.keySet()) {
            String top = section.split("\\.", 2)[0];
            if (order.stream().noneMatch(known -> known.split("\\.", 2)[0].equals(top))) {
                sections.keySet().stream()
                        .filter(other -> other.split("\\.", 2)[0].equals(top))
                        .sorted()
                        .forEach(order::add);
            }
        }
        return order.stream()
                .flatMap(section -> sections.getOrDefault(section, List.of()).stream())
                .toList();
    }

    private Map<String, List<ConfigKey>> bySection() {
        Map<String, List<ConfigKey>> sections = new LinkedHashMap<>();
        for (ConfigKey key : keys) {
            int dot = key.path().lastIndexOf('.');
            sections.computeIfAbsent(dot < 0 ? "" : key.path().substring(0, dot), unused -> new ArrayList<>())
                    .add(key);
        }
        return sections;
    }

    private String fallback(ConfigKey key) {
        String words = computed.get(key.path());
        if (words != null) {
            return cell(words);
        }
        return key.fallback() == null ? "none" : "`" + value(key.fallback()) + "`";
    }

    private static String sentence(ConfigKey key) {
        return key.doc().isEmpty() ? "Takes " + key.expected() + "." : key.doc();
    }

    private static void comment(StringBuilder file, String indent, String text) {
        StringBuilder line = new StringBuilder(indent).append('#');
        for (String word : text.split(" ", -1)) {
            if (line.length() + word.length() + 1 > WIDTH) {
                file.append(line).append('\n');
                line = new StringBuilder(indent).append('#');
            }
            line.append(' ').append(word);
        }
        file.append(line).append('\n');
    }

    private static String value(Object fallback) {
        if (fallback instanceof String text && text.matches("[A-Za-z0-9./][A-Za-z0-9._/-]*")) {
            return text;
        }
        try {
            return new ObjectMapper().writeValueAsString(fallback);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }
}
