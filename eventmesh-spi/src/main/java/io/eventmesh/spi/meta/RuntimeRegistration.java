package io.eventmesh.spi.meta;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a runtime announces of itself under {@link MetaPaths#RUNTIMES}. Stored as Java properties text, so that every
 * reader can follow it without a JSON library.
 *
 * @param id kept in the runtime's data directory
 * @param incarnation new with each start
 * @param roles such as {@code mesh} and {@code connector}
 * @param version of the software
 * @param endpoints by name: {@code mesh.grpc} (host:port), {@code mesh.http} (URL), {@code admin.grpc},
 *     {@code admin.http}, {@code ops}
 * @param startedMillis wall time of the start
 */
public record RuntimeRegistration(
        String id,
        String incarnation,
        List<String> roles,
        String version,
        Map<String, String> endpoints,
        long startedMillis) {

    private static final String ENDPOINT = "endpoint.";

    public RuntimeRegistration {
        roles = List.copyOf(roles);
        endpoints = Map.copyOf(endpoints);
    }

    public Optional<String> endpoint(String name) {
        return Optional.ofNullable(endpoints.get(name));
    }

    public byte[] encode() {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("format", "1");
        lines.put("id", id);
        lines.put("incarnation", incarnation);
        lines.put("roles", String.join(",", roles));
        lines.put("version", version);
        lines.put("started", Long.toString(startedMillis));
        new TreeMap<>(endpoints).forEach((name, value) -> lines.put(ENDPOINT + name, value));
        Properties properties = new Properties();
        properties.putAll(lines);
        StringWriter out = new StringWriter();
        try {
            properties.store(out, null);
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        // the first line is a comment with the time of the call
        String text =
                out.toString().lines().filter(line -> !line.startsWith("#")).collect(Collectors.joining("\n"));
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** @throws EventMeshException DATA_CORRUPT when the value is not a registration of a known format */
    public static RuntimeRegistration decode(byte[] value) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(new String(value, StandardCharsets.UTF_8)));
            if (!"1".equals(properties.getProperty("format"))) {
                throw new IllegalArgumentException("format");
            }
            Map<String, String> endpoints = new TreeMap<>();
            for (String name : properties.stringPropertyNames()) {
                if (name.startsWith(ENDPOINT)) {
                    endpoints.put(name.substring(ENDPOINT.length()), properties.getProperty(name));
                }
            }
            return new RuntimeRegistration(
                    required(properties, "id"),
                    required(properties, "incarnation"),
                    Arrays.stream(required(properties, "roles").split(","))
                            .filter(role -> !role.isEmpty())
                            .toList(),
                    required(properties, "version"),
                    endpoints,
                    Long.parseLong(required(properties, "started")));
        } catch (IOException | IllegalArgumentException unreadable) {
            throw new EventMeshException(
                    ErrorCode.DATA_CORRUPT, "runtime registration unreadable (expected: format 1)", unreadable);
        }
    }

    private static String required(Properties properties, String name) {
        String value = properties.getProperty(name);
        if (value == null) {
            throw new IllegalArgumentException(name);
        }
        return value;
    }
}
