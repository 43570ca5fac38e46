package io.eventmesh.function.pattern;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Beginnings, or ends, of texts and the rules that ask for them: all that a text has are found on one way down. Filled by
 * one thread, then read by any.
 */
final class Radix {
    private final boolean backwards;
    private final Node root = new Node("");

    /** @param backwards whether it holds ends */
    Radix(boolean backwards) {
        this.backwards = backwards;
    }

    private static final class Node {
        private String label;
        private int[] rules = {};
        private char[] firsts = {};
        private Node[] children = {};

        Node(String label) {
            this.label = label;
        }

        @Nullable
        Node child(char first) {
            int at = Arrays.binarySearch(firsts, first);
            return at < 0 ? null : children[at];
        }

        void add(Node child) {
            char first = child.label.charAt(0);
            int at = -Arrays.binarySearch(firsts, first) - 1;
            char[] chars = new char[firsts.length + 1];
            Node[] nodes = new Node[chars.length];
            System.arraycopy(firsts, 0, chars, 0, at);
            System.arraycopy(children, 0, nodes, 0, at);
            chars[at] = first;
            nodes[at] = child;
            System.arraycopy(firsts, at, chars, at + 1, firsts.length - at);
            System.arraycopy(children, at, nodes, at + 1, firsts.length - at);
            firsts = chars;
            children = nodes;
        }

        /** Keeps so much of its label and hands the rest to a child. */
        void split(int length) {
            Node rest = new Node(label.substring(length));
            rest.rules = rules;
            rest.firsts = firsts;
            rest.children = children;
            label = label.substring(0, length);
            rules = new int[0];
            firsts = new char[] {rest.label.charAt(0)};
            children = new Node[] {rest};
        }
    }

    void put(String text, int[] rules) {
        String key = backwards ? reversed(text) : text;
        Node node = root;
        int at = 0;
        while (at < key.length()) {
            Node next = node.child(key.charAt(at));
            if (next == null) {
                next = new Node(key.substring(at));
                node.add(next);
                at = key.length();
            } else {
                int common = common(next.label, key, at);
                if (common < next.label.length()) {
                    next.split(common);
                }
                at += common;
            }
            node = next;
        }
        node.rules = rules;
    }

    private static int common(String label, String key, int from) {
        int most = Math.min(label.length(), key.length() - from);
        int common = 0;
        while (common < most && label.charAt(common) == key.charAt(from + common)) {
            common++;
        }
        return common;
    }

    /** Its characters from the last to the first; no text that could be shown. */
    static String reversed(String text) {
        char[] chars = new char[text.length()];
        for (int i = 0; i < chars.length; i++) {
            chars[i] = text.charAt(chars.length - 1 - i);
        }
        return new String(chars);
    }

    void find(String text, Judging judging) {
        Node node = root;
        int at = 0;
        while (true) {
            judging.judge(node.rules);
            Node next = at == text.length() ? null : node.child(charAt(text, at));
            if (next == null || next.label.length() > text.length() - at) {
                return;
            }
            String label = next.label;
            for (int i = 1; i < label.length(); i++) {
                if (label.charAt(i) != charAt(text, at + i)) {
                    return;
                }
            }
            at += label.length();
            node = next;
        }
    }

    private char charAt(String text, int at) {
        return text.charAt(backwards ? text.length() - 1 - at : at);
    }

    /** The most that the rules on one way down weigh. */
    long worst(long[] weights) {
        record Way(Node node, long weight) {}
        long worst = 0;
        Deque<Way> open = new ArrayDeque<>();
        open.push(new Way(root, 0));
        while (!open.isEmpty()) {
            Way way = open.pop();
            long weight = way.weight + Weights.of(way.node.rules, weights);
            worst = Math.max(worst, weight);
            for (Node child : way.node.children) {
                open.push(new Way(child, weight));
            }
        }
        return worst;
    }
}
