package io.eventmesh.cli.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** An event on which rules are tried. */
final class Sample {
    @Option(
            names = {"-e", "--event"},
            defaultValue = "",
            description = "File with a CloudEvent in JSON or YAML; specversion, id and source may be left out; - is"
                    + " standard input.")
    String file = "";

    @Option(
            names = "--topic",
            defaultValue = "",
            description = "Where it would be published; not needed when a rule names one topic.")
    String topic = "";

    /** As the admin takes it. */
    ObjectNode body() throws IOException {
        ObjectNode body = Http.MAPPER.createObjectNode();
        body.set("event", event());
        if (!topic.isEmpty()) {
            body.put("topic", topic);
        }
        return body;
    }

    ObjectNode event() throws IOException {
        if (file.isEmpty()) {
            throw new CliException(CliException.USAGE, "-e: missing (expected: a file with an event)", "");
        }
        try {
            byte[] text = file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
            JsonNode event = Yaml.MAPPER.readTree(text);
            if (event instanceof ObjectNode object) {
                return object;
            }
            throw new CliException(CliException.USAGE, file + ": no object (expected: a CloudEvent)", "");
        } catch (NoSuchFileException absent) {
            throw new CliException(CliException.USAGE, "-e: no file " + file, "");
        } catch (JsonProcessingException wrong) {
            int line = wrong.getLocation() == null ? 0 : wrong.getLocation().getLineNr();
            throw new CliException(
                    CliException.USAGE, "%s:%d: %s".formatted(file, line, wrong.getOriginalMessage()), "");
        }
    }

    /** A place such as {@code orders/0/17}, as the admin takes it. */
    static ObjectNode stored(String place) {
        String[] parts = place.split("/", -1);
        if (parts.length < 3
                || !parts[parts.length - 1].matches("\\d{1,18}")
                || !parts[parts.length - 2].matches("\\d{1,6}")) {
            throw new CliException(
                    CliException.USAGE, "--at: %s (expected: STREAM/PARTITION/OFFSET)".formatted(place), "");
        }
        String offset = parts[parts.length - 1];
        String partition = parts[parts.length - 2];
        ObjectNode body = Http.MAPPER.createObjectNode();
        body.putObject("at")
                .put("stream", place.substring(0, place.length() - offset.length() - partition.length() - 2))
                .put("partition", Integer.parseInt(partition))
                .put("offset", Long.parseLong(offset));
        return body;
    }
}
