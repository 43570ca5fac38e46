package io.eventmesh.rules.spec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Preview;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;

/** Documents with single quotes, and the plugins of the class path with a target of kind {@code topic}. */
final class Given implements Plugins, TargetSenderProvider {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static ObjectNode json(String text) {
        try {
            return (ObjectNode) MAPPER.readTree(text.replace('\'', '"'));
        } catch (JsonProcessingException wrong) {
            throw new IllegalArgumentException(wrong);
        }
    }

    static Section section(String text, List<Field> problems) {
        return new Section(json(text), "/spec", problems);
    }

    @Override
    public <P extends Plugin> List<P> all(Class<P> kind) {
        return kind.isInstance(this)
                ? List.of(kind.cast(this))
                : ServiceLoader.load(kind).stream()
                        .map(ServiceLoader.Provider::get)
                        .toList();
    }

    @Override
    public <P extends Plugin> P named(Class<P> kind, String name) {
        return all(kind).stream()
                .filter(plugin -> plugin.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, kind + " " + name));
    }

    @Override
    public String name() {
        return "topic";
    }

    @Override
    public void validate(String namespace, String spec) {
        // whatever it is
    }

    @Override
    public Optional<Preview> preview(String spec, String credentialKind, EventRecord record) {
        return Optional.of(new Preview("PUT", "x:y", Map.of("from", String.valueOf(record.target())), ""));
    }

    @Override
    public TargetSender create(String spec, TargetContext context) {
        throw new UnsupportedOperationException("never sends");
    }
}
