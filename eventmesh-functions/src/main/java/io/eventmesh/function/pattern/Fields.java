package io.eventmesh.function.pattern;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields that somebody asks for, numbered from 0, and how their values are found in an event in one walk. Fields are
 * added first, by one thread; then it is read by any number of them.
 */
final class Fields {
    /** From so many attributes on it is cheaper to ask which ones the event has. */
    private static final int MANY = 24;

    private final Map<Field, Integer> numbers = new HashMap<>();
    private final Step root = new Step();
    private final List<Attribute> typed = new ArrayList<>();
    private final List<Attribute> texts = new ArrayList<>();
    private final BitSet inData = new BitSet();

    private record Attribute(String name, int field) {}

    /** The members of an object that somebody asks for, or asks for what is in them. */
    private static final class Step {
        private final Map<String, Step> children = new HashMap<>();
        private int field = -1;

        Step child(String name) {
            return children.computeIfAbsent(name, n -> new Step());
        }
    }

    /** The field's number; a new one for a new field. */
    int add(Field field) {
        Integer known = numbers.get(field);
        if (known != null) {
            return known;
        }
        int number = numbers.size();
        numbers.put(field, number);
        if (field.asText()) {
            texts.add(new Attribute(field.path(), number));
        } else if (field.path().indexOf('.') < 0 && !field.isData()) {
            typed.add(new Attribute(field.path(), number));
        } else if (field.isData()) {
            Step at = root;
            for (String name : field.path().split("\\.", -1)) {
                at = at.child(name);
            }
            at.field = number;
            inData.set(number);
        }
        return number;
    }

    int count() {
        return numbers.size();
    }

    /** Whether it is the payload or in it. */
    boolean isData(int field) {
        return inData.get(field);
    }

    /** What an event has in them. */
    Found read(EventView view) {
        return new Found(this, view, false);
    }

    /** What it has in those that are attributes. */
    Found readAttributesAlone(EventView view) {
        return new Found(this, view, true);
    }

    void readAttributes(Event event, Found found) {
        attributes(event, typed, found, true);
        attributes(event, texts, found, false);
    }

    void readData(EventView view, Found found) {
        Step data = root.children.get(Field.DATA);
        JsonNode payload = data == null ? null : JsonEvent.of(view).data();
        if (data != null && payload != null) {
            walk(payload, data, Value.NOWHERE, found);
        }
    }

    private static void attributes(Event event, List<Attribute> asked, Found found, boolean typed) {
        Set<String> there = asked.size() > MANY ? event.attributeNames() : Set.of();
        for (int i = 0; i < asked.size(); i++) {
            Attribute attribute = asked.get(i);
            Object value = attribute(event, attribute.name(), typed, asked.size() > MANY ? there : null);
            if (value != null) {
                found.add(attribute.field(), Value.attribute(value, found.first(attribute.field())));
            }
        }
    }

    private static @Nullable Object attribute(Event event, String name, boolean typed, @Nullable Set<String> there) {
        return switch (name) {
            case "id" -> event.id();
            case "source" -> event.source();
            case "type" -> event.type();
            case "specversion" -> event.specVersion();
            default ->
                there != null && !there.contains(name)
                        ? null
                        : typed ? event.typedAttribute(name) : event.attribute(name);
        };
    }

    private void walk(JsonNode node, Step step, int[] elements, Found found) {
        if (node.isObject()) {
            for (Map.Entry<String, JsonNode> member : node.properties()) {
                Step inner = step.children.get(member.getKey());
                if (inner != null) {
                    walk(member.getValue(), inner, elements, found);
                } else if (member.getKey().indexOf('.') >= 0) {
                    dotted(node, member.getKey(), member.getValue(), step, elements, found);
                }
            }
        } else if (node.isArray()) {
            flat(node, step, elements, found.nextArray(), 0, found);
        } else if (step.field >= 0) {
            found.add(step.field, Value.of(node, elements, found.first(step.field)));
        }
    }

    /** Arrays in arrays are one; an object in it is an element, and so are the values in the object. */
    private int flat(JsonNode array, Step step, int[] elements, int number, int first, Found found) {
        int element = first;
        for (JsonNode each : array) {
            if (each.isArray()) {
                element = flat(each, step, elements, number, element, found);
            } else if (each.isObject()) {
                if (!step.children.isEmpty()) {
                    walk(each, step, in(elements, number, element), found);
                }
                element++;
            } else if (step.field >= 0) {
                found.add(step.field, Value.of(each, elements, found.first(step.field)));
            }
        }
        return element;
    }

    private static int[] in(int[] elements, int array, int element) {
        int[] longer = new int[elements.length + 2];
        System.arraycopy(elements, 0, longer, 0, elements.length);
        longer[elements.length] = array;
        longer[elements.length + 1] = element;
        return longer;
    }

    /**
     * A member name with dots is like nested objects, unless the object has a member that its name begins with: so only one
     * member leads to a field.
     */
    private void dotted(JsonNode object, String name, JsonNode value, Step step, int[] elements, Found found) {
        Step at = step;
        int from = 0;
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', from)) {
            Step next = at.children.get(name.substring(from, dot));
            if (next == null || object.has(name.substring(0, dot))) {
                return;
            }
            at = next;
            from = dot + 1;
        }
        Step last = at.children.get(name.substring(from));
        if (last != null) {
            walk(value, last, elements, found);
        }
    }
}
