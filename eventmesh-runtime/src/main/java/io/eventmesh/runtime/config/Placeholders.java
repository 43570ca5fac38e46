package io.eventmesh.runtime.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts values from elsewhere into texts: <code>${env:NAME}</code>, <code>${env:NAME:-default}</code>,
 * <code>${file:/path}</code> (the whole file without its last line break) and <code>${file:/path#key}</code> (one key of
 * a properties file). What was put in is not looked at again; <code>$${env:NAME}</code> stands for itself.
 */
public final class Placeholders {
    private static final Pattern FORM = Pattern.compile("(\\$?)\\$\\{(env|file):([^}]*)}");

    private final Map<String, String> environment;
    private final List<String> problems;

    /** @param problems takes a line for each placeholder that leads nowhere */
    public Placeholders(Map<String, String> environment, List<String> problems) {
        this.environment = environment;
        this.problems = problems;
    }

    /**
     * The text with its placeholders replaced.
     *
     * @param path the key, for problems
     */
    public String expand(String path, String text) {
        if (!text.contains("${")) {
            return text;
        }
        return FORM.matcher(text).replaceAll(match -> Matcher.quoteReplacement(replacement(path, match)));
    }

    private String replacement(String path, MatchResult match) {
        String whole = match.group();
        if (!match.group(1).isEmpty()) {
            return whole.substring(1);
        }
        String name = match.group(3);
        return match.group(2).equals("env") ? variable(path, whole, name) : file(path, whole, name);
    }

    private String variable(String path, String whole, String name) {
        int at = name.indexOf(":-");
        String value = environment.get(at < 0 ? name : name.substring(0, at));
        if (value != null && !(value.isEmpty() && at >= 0)) {
            return value;
        }
        if (at >= 0) {
            return name.substring(at + 2);
        }
        problems.add("%s: %s (expected: the environment variable %s to be set)".formatted(path, whole, name));
        return whole;
    }

    private String file(String path, String whole, String name) {
        int hash = name.lastIndexOf('#');
        try {
            String content = Files.readString(Path.of(hash < 0 ? name : name.substring(0, hash)));
            if (hash < 0) {
                return content.stripTrailing();
            }
            Properties properties = new Properties();
            properties.load(new StringReader(content));
            String value = properties.getProperty(name.substring(hash + 1));
            if (value != null) {
                return value;
            }
            problems.add("%s: %s (expected: a file with the key %s)".formatted(path, whole, name.substring(hash + 1)));
        } catch (IOException | IllegalArgumentException unreadable) {
            problems.add("%s: %s (expected: a readable file)".formatted(path, whole));
        }
        return whole;
    }
}
