package io.eventmesh.common.config;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** How keys are spelled, and which known key an unknown one was meant to be. */
public final class ConfigKeys {
    private ConfigKeys() {}

    /** {@code max-event-size} of {@code maxEventSize}; an upper-case constant {@code READ_ONLY} is {@code read-only}. */
    public static String kebab(String name) {
        if (name.equals(name.toUpperCase(Locale.ROOT))) {
            return name.toLowerCase(Locale.ROOT).replace('_', '-');
        }
        StringBuilder key = new StringBuilder(name.length() + 4);
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (Character.isUpperCase(c) && i > 0) {
                key.append('-');
            }
            key.append(c == '_' ? '-' : Character.toLowerCase(c));
        }
        return key.toString();
    }

    /** {@code EVENTMESH_MESH_HTTP_PORT} of {@code mesh.http.port}. */
    public static String environmentName(String path) {
        return "EVENTMESH_" + path.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** {@code prefix.key}, or the key alone below an empty prefix. */
    public static String join(String prefix, String key) {
        return prefix.isEmpty() ? key : prefix + "." + key;
    }

    /** The known word that differs least from the given one, if one is near enough to be what was meant. */
    public static Optional<String> nearest(String word, Collection<String> known) {
        String normal = kebab(word);
        String best = null;
        int least = Math.max(1, Math.min(3, normal.length() / 3)) + 1;
        for (String candidate : known) {
            int distance = distance(normal, candidate);
            if (distance < least) {
                least = distance;
                best = candidate;
            }
        }
        return Optional.ofNullable(best);
    }

    /** Levenshtein's distance in which two neighbours that changed places count once. */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                cost[i][j] = i == 0 ? j : j == 0 ? i : step(cost, a, b, i, j);
            }
        }
        return cost[a.length()][b.length()];
    }

    private static int step(int[][] cost, String a, String b, int i, int j) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int least = Math.min(cost[i - 1][j - 1] + (same ? 0 : 1), Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(least, cost[i - 2][j - 2] + 1) : least;
    }
}
