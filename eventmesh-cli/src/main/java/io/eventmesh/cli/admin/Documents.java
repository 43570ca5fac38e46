package io.eventmesh.cli.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads {@code kind, metadata, spec} from YAML or JSON files. What is wrong is named with its file and line and ends the
 * command with exit code 2 before anything was asked of the admin.
 */
final class Documents {
    private static final Set<String> KEYS = Set.of("kind", "metadata", "spec");

    private final String namespace;

    /** @param namespace of documents that name none */
    Documents(String namespace) {
        this.namespace = namespace;
    }

    /** Text of an option as JSON. */
    static JsonNode json(String option, String text) {
        try {
            return Http.MAPPER.readTree(text);
        } catch (JsonProcessingException wrong) {
            throw new CliException(
                    CliException.USAGE, "%s: not JSON: %s".formatted(option, wrong.getOriginalMessage()), "");
        }
    }

    /** All documents of files and of directories' files, in the order of their names; {@code -} is standard input. */
    List<Document> read(List<String> sources) throws IOException {
        List<Document> all = new ArrayList<>();
        for (String source : sources) {
            if (source.equals("-")) {
                read("stdin", System.in, all);
                continue;
            }
            for (Path file : files(Path.of(source))) {
                try (InputStream in = Files.newInputStream(file)) {
                    read(file.toString(), in, all);
                }
            }
        }
        requireDistinct(all);
        return all;
    }

    private static List<Path> files(Path source) throws IOException {
        if (!Files.exists(source)) {
            throw new CliException(CliException.USAGE, "-f: no file %s".formatted(source), "");
        }
        if (!Files.isDirectory(source)) {
            return List.of(source);
        }
        try (Stream<Path> found = Files.walk(source)) {
            return found.filter(Files::isRegularFile)
                    .filter(file -> file.toString().matches(".*\\.(ya?ml|json)"))
                    .sorted()
                    .toList();
        }
    }

    private void read(String origin, InputStream in, List<Document> all) throws IOException {
        try (MappingIterator<JsonNode> documents =
                Yaml.MAPPER.readerFor(JsonNode.class).readValues(in)) {
            for (int number = 1; documents.hasNextValue(); number++) {
                JsonNode document = documents.nextValue();
                if (!document.isNull() && !document.isMissingNode()) {
                    all.add(document(origin + ", document " + number, document));
                }
            }
        } catch (JsonProcessingException wrong) {
            int line = wrong.getLocation() == null ? 0 : wrong.getLocation().getLineNr();
            throw new CliException(
                    CliException.USAGE, "%s:%d: %s".formatted(origin, line, wrong.getOriginalMessage()), "");
        }
    }

    private Document document(String origin, JsonNode document) {
        if (!(document instanceof ObjectNode)) {
            throw wrong(origin, "%s (expected: kind, metadata and spec)".formatted(document.getNodeType()));
        }
        document.fieldNames().forEachRemaining(key -> {
            if (!KEYS.contains(key)) {
                throw wrong(origin, "key %s (expected: kind, metadata, spec)".formatted(key));
            }
        });
        String word = document.path("kind").asText();
        ResourceKind kind = ResourceKind.of(word)
                .orElseThrow(
                        () -> wrong(origin, "kind: '%s' (expected one of: %s)".formatted(word, ResourceKind.words())));
        String name = document.at("/metadata/name").asText();
        if (name.isEmpty() || !document.path("spec").isObject()) {
            throw wrong(origin, "metadata.name and spec (expected: both)");
        }
        ObjectNode body = Http.MAPPER.createObjectNode();
        body.set("metadata", document.path("metadata"));
        body.set("spec", document.path("spec"));
        return new Document(origin, kind, document.at("/metadata/namespace").asText(namespace), name, body);
    }

    private static void requireDistinct(List<Document> all) {
        Map<String, Document> seen = new HashMap<>();
        for (Document document : all) {
            Document other = seen.put(document.key(), document);
            if (other != null) {
                throw wrong(document.origin(), "%s stands in %s, too".formatted(document.title(), other.origin()));
            }
        }
    }

    private static CliException wrong(String origin, String what) {
        return new CliException(CliException.USAGE, origin + ": " + what, "");
    }
}
