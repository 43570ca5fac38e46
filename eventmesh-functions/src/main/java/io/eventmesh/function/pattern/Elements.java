package io.eventmesh.function.pattern;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Whether fields can be met by the same elements of the arrays that they share.
 *
 * <p>A value stands in elements: arrays and, of each, one element, from outside in. Since an event is a tree, the values of
 * a field that stand in the same elements so far all end there or all go on in the same array. So an element is chosen for
 * each array, from outside in, and what is chosen in one array never bears on another beside it: the time grows with the
 * number of values, times the depth of arrays.
 */
final class Elements {
    private Elements() {}

    /** Whether two values stand in the same element of each array that both are in. */
    static boolean shared(int[] one, int[] other) {
        int shorter = Math.min(one.length, other.length);
        for (int i = 0; i < shorter; i += 2) {
            if (one[i] != other[i]) {
                return true;
            }
            if (one[i + 1] != other[i + 1]) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether one value of each wanted field can be chosen so that they share elements, and no unwanted field has a value
     * that shares elements with all of those.
     *
     * @param wanted the elements of the values that meet a field, of each field, never empty
     * @param unwanted the elements of all values of a field that must be absent, of each such field
     */
    static boolean agree(List<List<int[]>> wanted, List<List<int[]>> unwanted) {
        return agree(wanted, unwanted, 0);
    }

    private static boolean agree(List<List<int[]>> wanted, List<List<int[]>> unwanted, int depth) {
        Map<Integer, Group> arrays = new LinkedHashMap<>();
        for (List<int[]> values : wanted) {
            if (values.get(0).length > depth) {
                arrays.computeIfAbsent(values.get(0)[depth], a -> new Group())
                        .wanted
                        .add(values);
            }
        }
        for (List<int[]> values : unwanted) {
            Group group = values.get(0).length > depth ? arrays.get(values.get(0)[depth]) : null;
            if (group == null) {
                return false;
            }
            group.unwanted.add(values);
        }
        for (Group group : arrays.values()) {
            if (!group.agrees(depth)) {
                return false;
            }
        }
        return true;
    }

    /** Fields whose values go on in the same array. */
    private static final class Group {
        private final List<List<int[]>> wanted = new ArrayList<>();
        private final List<List<int[]>> unwanted = new ArrayList<>();

        boolean agrees(int depth) {
            if (wanted.size() == 1 && unwanted.isEmpty()) {
                return true;
            }
            List<Map<Integer, List<int[]>>> byElement = byElement(wanted, depth);
            List<Map<Integer, List<int[]>>> against = byElement(unwanted, depth);
            for (Integer element : byElement.get(0).keySet()) {
                List<List<int[]>> chosen = there(byElement, element);
                if (chosen.size() == wanted.size() && agree(chosen, there(against, element), depth + 2)) {
                    return true;
                }
            }
            return false;
        }

        private static List<List<int[]>> there(List<Map<Integer, List<int[]>>> byElement, Integer element) {
            List<List<int[]>> there = new ArrayList<>(byElement.size());
            for (Map<Integer, List<int[]>> values : byElement) {
                List<int[]> some = values.get(element);
                if (some != null) {
                    there.add(some);
                }
            }
            return there;
        }

        private static List<Map<Integer, List<int[]>>> byElement(List<List<int[]>> fields, int depth) {
            List<Map<Integer, List<int[]>>> byElement = new ArrayList<>(fields.size());
            for (List<int[]> values : fields) {
                Map<Integer, List<int[]>> elements = new LinkedHashMap<>();
                for (int[] value : values) {
                    elements.computeIfAbsent(value[depth + 1], e -> new ArrayList<>())
                            .add(value);
                }
                byElement.add(elements);
            }
            return byElement;
        }
    }
}
