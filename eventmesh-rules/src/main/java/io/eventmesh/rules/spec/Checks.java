package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.spi.function.FilterRefusal;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What documents of several kinds are checked for. Stateless. */
public final class Checks {
    private Checks() {}

    /** The plugin that {@code <path>/kind} names, or a problem that lists the ones there are. */
    static <P extends Plugin> Optional<P> named(
            Class<P> type, String name, String path, Plugins plugins, List<Field> problems) {
        try {
            return Optional.of(plugins.named(type, name));
        } catch (EventMeshException unknown) {
            problems.add(new Field(path + "/kind", unknown.reason()));
            return Optional.empty();
        }
    }

    /** What a step refuses is a problem at the path, or where the refusal says. */
    public static void attempt(String path, List<Field> problems, Runnable step) {
        try {
            step.run();
        } catch (InvalidSpec refused) {
            problems.add(new Field(path + refused.path(), refused.problem()));
        } catch (FilterRefusal refused) {
            problems.add(new Field("/spec" + refused.pointer(), refused.reason()));
        } catch (EventMeshException refused) {
            problems.add(new Field(path, refused.reason()));
        }
    }

    /** A list of topic patterns, none of them the mesh's own. */
    static List<String> patterns(Section of, String name, int most) {
        List<String> patterns = new ArrayList<>();
        int at = 0;
        for (JsonNode element : of.list(name, most)) {
            String within = name + "/" + at++;
            if (!element.isTextual()) {
                of.problemAt(within, "%s (expected: a topic pattern)".formatted(Section.shown(element)));
                continue;
            }
            String text = element.textValue();
            try {
                if (TopicPattern.of(text).firstLevel().startsWith("_")) {
                    of.problemAt(within, own(text));
                }
            } catch (EventMeshException refused) {
                of.problemAt(within, refused.reason());
            }
            patterns.add(text);
        }
        return List.copyOf(patterns);
    }

    /** A topic that is not the mesh's own. */
    public static Optional<String> topic(Section of, String name) {
        Optional<String> given = of.text(name);
        given.ifPresent(topic -> {
            try {
                if (TopicName.of(topic).firstLevel().startsWith("_")) {
                    of.problem(name, own(topic));
                }
            } catch (EventMeshException refused) {
                of.problem(name, refused.reason());
            }
        });
        return given;
    }

    /** A name of something in the same namespace. */
    static Optional<String> name(Section of, String name) {
        Optional<String> given = of.text(name);
        given.ifPresent(text -> {
            try {
                Names.requireName(name, text);
            } catch (EventMeshException refused) {
                of.problem(name, refused.reason());
            }
        });
        return given;
    }

    private static String own(String topic) {
        return "'%s' (expected: a first level without a leading '_')".formatted(Names.shown(topic));
    }
}
