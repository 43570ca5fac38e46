package io.eventmesh.function.transform;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Data from a text with variables, in either of two spellings:
 *
 * <ul>
 *   <li>{@code {"paths": {"sku": "$.data.sku"}, "template": "{\"item\": <sku>}"}}, also with the field names of
 *       EventBridge, {@code InputPathsMap} and {@code InputTemplate}; a template that begins with a quote gives text, any
 *       other must give JSON;
 *   <li><code>{"form": "TEMPLATE", "value": {"sku": "$.data.sku"}, "template": "{\"item\": ${sku}}"}</code>; the form may
 *       also be ORIGINAL, CONSTANT or JSONPATH, each with its {@code value}; a template that begins with a brace must give
 *       JSON, any other may.
 * </ul>
 *
 * <p>A variable may be a path itself, {@code <$.data.sku>}. See {@link Variables} for what is always known and
 * {@link Template} for how values are inserted. An event for which the filled template is not the JSON that it promises
 * is refused.
 */
public final class TemplateTransformerProvider implements TransformerProvider {
    private static final ObjectReader WHOLE =
            JsonEvent.MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    @Override
    public String name() {
        return "template";
    }

    @Override
    public Transformer compile(String spec, TransformTerms terms) {
        if (TransformSpec.of(spec).has("form")) {
            return formed(TransformSpec.of(spec, Set.of("form", "value", "template")), terms);
        }
        TransformSpec fields = TransformSpec.of(spec, Set.of("paths", "InputPathsMap", "template", "InputTemplate"));
        String paths = fields.oneOf("paths", "InputPathsMap");
        String field = fields.oneOf("template", "InputTemplate");
        Variables variables = Variables.of(terms.name()).paths(fields.tree().path(paths), "/" + paths);
        String text = fields.requiredText(field);
        Template template = Template.of(text, Template.Spelling.ANGLE, variables, "/" + field);
        if (text.stripLeading().startsWith("\"")) {
            return text(template, variables);
        }
        if (!givesJson(template)) {
            throw new InvalidSpec("/" + field, "gives no JSON (expected: JSON, or text in quotes)");
        }
        return json(template, variables);
    }

    private static Transformer formed(TransformSpec fields, TransformTerms terms) {
        String form = fields.requiredText("form");
        if (!form.equals("TEMPLATE") && fields.has("template")) {
            throw new InvalidSpec("/template", "beside form %s (expected: none)".formatted(Names.shown(form)));
        }
        return switch (form) {
            case "ORIGINAL" -> Quick.of(EventView::event);
            case "CONSTANT" -> constant(fields.required("value"));
            case "JSONPATH" -> PathTransformerProvider.part(JsonPath.of(fields.requiredText("value"), "/value"));
            case "TEMPLATE" -> template(fields, terms);
            default ->
                throw new InvalidSpec(
                        "/form",
                        "'%s' (expected: ORIGINAL, CONSTANT, JSONPATH or TEMPLATE)".formatted(Names.shown(form)));
        };
    }

    private static Transformer constant(JsonNode value) {
        JsonNode json = value.isTextual() ? parsed(value.textValue()) : value;
        return json == null
                ? Quick.of(view -> Result.text(view.event(), value.textValue(), "text/plain"))
                : Quick.of(view -> Result.json(view.event(), json));
    }

    private static Transformer template(TransformSpec fields, TransformTerms terms) {
        JsonNode given = fields.has("value") ? fields.required("value") : MissingNode.getInstance();
        JsonNode paths = given.isTextual() ? parsed(given.textValue()) : given;
        if (paths == null) {
            throw new InvalidSpec("/value", "a text that is not JSON (expected: an object of names and paths)");
        }
        Variables variables = Variables.of(terms.name()).paths(paths, "/value");
        String text = fields.requiredText("template");
        Template template = Template.of(text, Template.Spelling.DOLLAR, variables, "/template");
        if (givesJson(template)) {
            return json(template, variables);
        }
        if (text.stripLeading().startsWith("{")) {
            throw new InvalidSpec("/template", "begins like JSON and gives none (expected: JSON, or other text)");
        }
        return text(template, variables);
    }

    private static Transformer text(Template template, Variables variables) {
        return Quick.of(view -> {
            Variables.Values values = variables.values(view);
            return Result.text(view.event(), template.text(values::value), "text/plain");
        });
    }

    private static Transformer json(Template template, Variables variables) {
        return Quick.of(view -> filled(template, variables, view));
    }

    private static Event filled(Template template, Variables variables, EventView view) {
        Variables.Values values = variables.values(view);
        JsonNode data = parsed(template.json(values::value));
        if (data == null) {
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID, "the filled template is not JSON for this event (expected: JSON)");
        }
        return Result.json(view.event(), data);
    }

    private static boolean givesJson(Template template) {
        return parsed(template.json(name -> TextNode.valueOf("x"))) != null;
    }

    static @Nullable JsonNode parsed(String text) {
        try {
            JsonNode node = WHOLE.readTree(text);
            return node.isMissingNode() ? null : node;
        } catch (JsonProcessingException | NumberFormatException notJson) {
            // an exponent of more than 32 bits is no number for the reader, and none that could be passed on
            return null;
        }
    }
}
