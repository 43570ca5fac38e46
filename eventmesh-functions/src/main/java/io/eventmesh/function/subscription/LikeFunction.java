package io.eventmesh.function.subscription;

import io.cloudevents.CloudEvent;
import io.cloudevents.sql.EvaluationContext;
import io.cloudevents.sql.EvaluationRuntime;
import io.cloudevents.sql.Function;
import io.cloudevents.sql.Type;
import io.cloudevents.sql.impl.runtime.EvaluationResult;
import java.util.List;

/**
 * Whether a text is like a pattern, where {@code %} stands for any characters, {@code _} for one, and a backslash before
 * either for itself. Takes at most the product of both lengths.
 */
final class LikeFunction implements Function {
    static final String NAME = "MESH_LIKE";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Type typeOfParameter(int index) {
        return Type.STRING;
    }

    @Override
    public Type returnType() {
        return Type.BOOLEAN;
    }

    @Override
    public int arity() {
        return 2;
    }

    @Override
    public boolean isVariadic() {
        return false;
    }

    @Override
    public EvaluationResult invoke(
            EvaluationContext context, EvaluationRuntime runtime, CloudEvent event, List<Object> arguments) {
        return new EvaluationResult(isLike((String) arguments.get(0), (String) arguments.get(1)));
    }

    static boolean isLike(String text, String pattern) {
        int at = 0;
        int in = 0;
        int afterAny = -1;
        int anyAt = 0;
        while (at < text.length()) {
            char wanted = in < pattern.length() ? pattern.charAt(in) : 0;
            boolean escaped = isEscape(pattern, in);
            if (in < pattern.length() && !escaped && wanted == '%') {
                afterAny = ++in;
                anyAt = at;
            } else if (in < pattern.length() && matches(text.charAt(at), pattern, in, escaped)) {
                boolean one = !escaped && wanted == '_';
                in += escaped ? 2 : 1;
                at += one ? Character.charCount(text.codePointAt(at)) : 1;
            } else if (afterAny >= 0) {
                // The last % takes one character more; what the ones before it took never needs another look.
                in = afterAny;
                at = ++anyAt;
            } else {
                return false;
            }
        }
        while (in < pattern.length() && pattern.charAt(in) == '%') {
            in++;
        }
        return in == pattern.length();
    }

    private static boolean matches(char found, String pattern, int in, boolean escaped) {
        if (escaped) {
            return found == pattern.charAt(in + 1);
        }
        return pattern.charAt(in) == '_' || found == pattern.charAt(in);
    }

    private static boolean isEscape(String pattern, int in) {
        return in + 1 < pattern.length()
                && pattern.charAt(in) == '\\'
                && (pattern.charAt(in + 1) == '%' || pattern.charAt(in + 1) == '_');
    }
}
