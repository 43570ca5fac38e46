package io.eventmesh.runtime.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.eventmesh.common.config.Binder;
import io.eventmesh.common.config.Bound;
import io.eventmesh.common.config.ConfigKey;
import io.eventmesh.common.config.ConfigKeys;
import io.eventmesh.common.error.ConfigException;
import io.eventmesh.spi.meta.MetaStoreProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.storage.StorageProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a configuration from file, environment and command line: merged in that order, placeholders expanded, bound
 * strictly to the records of the core and of every plugin found. All problems come in one {@link ConfigException}.
 */
public final class ConfigLoader {
    private static final Logger log = LoggerFactory.getLogger(ConfigLoader.class);

    private final Plugins plugins;
    private final List<Section<?>> sections;

    public ConfigLoader(Plugins plugins) {
        this.plugins = plugins;
        this.sections = Section.of(plugins);
    }

    /** Every key that a configuration may hold, in the order of the reference: the core's, then each plugin's. */
    public List<ConfigKey> keys() {
        List<ConfigKey> keys = new ArrayList<>(ConfigKey.of(RuntimeConfig.class, RuntimeConfig.defaults(), ""));
        sections.forEach(section -> keys.addAll(section.keys()));
        return List.copyOf(keys);
    }

    /**
     * Merges, expands, binds and checks.
     *
     * @throws ConfigException with every problem of every source
     */
    public Configuration load(ConfigSources sources) {
        List<String> problems = new ArrayList<>();
        ConfigTree tree = new ConfigTree(sources.file().map(ConfigLoader::read).orElse(Map.of()));
        overlayEnvironment(tree, sources.environment());
        new TreeMap<>(sources.settings()).forEach(tree::set);
        tree.replaceTexts(new Placeholders(sources.environment(), problems)::expand);

        Map<String, Set<String>> alsoKnown = sectionsByParent();
        Map<String, Record> bound = new HashMap<>();
        // from the innermost outwards, so that a role does not meet the sections of its doors
        for (int i = sections.size() - 1; i >= 0; i--) {
            bind(sections.get(i), tree.cut(sections.get(i).path()), alsoKnown, problems, bound);
        }
        Bound<RuntimeConfig> core =
                Binder.bind(RuntimeConfig.class, RuntimeConfig.defaults(), tree.root(), "", alsoKnown);
        problems.addAll(core.problems());
        RuntimeConfig config = core.value();
        if (config != null) {
            checkChoice("meta.type", config.meta().type(), MetaStoreProvider.class, problems);
            checkChoice("storage.type", config.storage().type(), StorageProvider.class, problems);
        }
        if (config == null || !problems.isEmpty()) {
            problems.sort(null);
            throw new ConfigException(sources.label(), problems);
        }
        return new Configuration(config, bound);
    }

    /** The effective configuration as YAML, secrets masked. */
    public static String yaml(Configuration configuration) {
        try {
            return mapper().writeValueAsString(configuration.effective());
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void bind(
            Section<?> section,
            Object raw,
            Map<String, Set<String>> alsoKnown,
            List<String> problems,
            Map<String, Record> into) {
        if (!(raw instanceof Map<?, ?> content)) {
            problems.add("%s: '%s' (expected: a section)".formatted(section.path(), raw));
            return;
        }
        Bound<?> bound = section.bind(new ConfigTree(content).root(), alsoKnown);
        problems.addAll(bound.problems());
        Record value = bound.value();
        if (value != null) {
            into.put(section.path(), value);
        }
    }

    private static Map<?, ?> read(Path file) {
        try {
            String text = Files.readString(file);
            Object content = mapper().readValue(text, Object.class);
            if (content == null) {
                return Map.of();
            }
            if (content instanceof Map<?, ?> sections) {
                return sections;
            }
            throw new ConfigException(file.toString(), List.of("the file is no map of keys (expected: key: value)"));
        } catch (JsonProcessingException notYaml) {
            int line = notYaml.getLocation() == null ? 0 : notYaml.getLocation().getLineNr();
            String what = notYaml.getOriginalMessage().lines().findFirst().orElse("not YAML");
            throw new ConfigException(file.toString(), List.of("line %s: %s".formatted(line, what)));
        } catch (IOException unreadable) {
            throw new ConfigException(
                    file.toString(), List.of("the file cannot be read (expected: a readable YAML file)"));
        }
    }

    /**
     * A variable that looks like a key and is none is told but not refused: container platforms set variables of such
     * names by themselves ({@code EVENTMESH_MESH_SERVICE_HOST}).
     */
    private void overlayEnvironment(ConfigTree tree, Map<String, String> environment) {
        Map<String, String> known = new HashMap<>();
        Set<String> heads = new TreeSet<>();
        for (ConfigKey key : keys()) {
            known.put(ConfigKeys.environmentName(key.path()), key.path());
            heads.add(ConfigKeys.environmentName(key.path().split("\\.", 2)[0]) + "_");
        }
        Set<String> spelled = known.keySet().stream().map(ConfigKeys::kebab).collect(Collectors.toSet());
        new TreeMap<>(environment).forEach((name, value) -> {
            String path = known.get(name);
            if (path != null) {
                tree.set(path, value);
            } else if (heads.stream().anyMatch(name::startsWith)) {
                log.warn(
                        "Environment variable is no key, ignored. name={} nearest={}",
                        name,
                        ConfigKeys.nearest(name, spelled).orElse("none"));
            }
        });
    }

    private Map<String, Set<String>> sectionsByParent() {
        Map<String, Set<String>> byParent = new LinkedHashMap<>();
        for (Section<?> section : sections) {
            String path = section.path();
            int dot = path.lastIndexOf('.');
            byParent.computeIfAbsent(dot < 0 ? "" : path.substring(0, dot), parent -> new TreeSet<>())
                    .add(path.substring(dot + 1));
        }
        return byParent;
    }

    private <P extends Plugin> void checkChoice(String key, String name, Class<P> kind, List<String> problems) {
        List<String> found = plugins.all(kind).stream().map(Plugin::name).toList();
        if (!found.contains(name)) {
            problems.add("%s: '%s' (expected one of: %s)".formatted(key, name, found));
        }
    }

    private static YAMLMapper mapper() {
        return new YAMLMapper(YAMLFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(YAMLParser.Feature.EMPTY_STRING_AS_NULL)
                .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
                .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
                .build());
    }
}
