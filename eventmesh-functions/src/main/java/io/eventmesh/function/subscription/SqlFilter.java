package io.eventmesh.function.subscription;

import io.cloudevents.sql.EvaluationException;
import io.cloudevents.sql.EvaluationRuntime;
import io.cloudevents.sql.Expression;
import io.cloudevents.sql.ParseException;
import io.cloudevents.sql.Parser;
import io.cloudevents.sql.generated.CESQLParserParser.FunctionInvocationExpressionContext;
import io.cloudevents.sql.generated.CESQLParserParser.LikeExpressionContext;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Filter;
import java.util.Locale;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.tree.ParseTree;

/**
 * A CloudEvents SQL expression. An error, or a result that is not a boolean, is a no.
 *
 * <p>{@code LIKE} is handed to {@link LikeFunction}: the library makes a regular expression of it, which on some values
 * takes longer than anybody waits, and which a pattern can break out of.
 */
final class SqlFilter implements Filter {
    /** What the parser's recursion and the filter's time stay small with. */
    private static final int MAX_LENGTH = 2_048;

    private static final int MAX_DEPTH = 200;
    private static final EvaluationRuntime RUNTIME =
            EvaluationRuntime.builder().addFunction(new LikeFunction()).build();

    private final Expression expression;

    private SqlFilter(Expression expression) {
        this.expression = expression;
    }

    /** @throws IllegalArgumentException saying what is wrong with the expression */
    static SqlFilter of(String text) {
        if (text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException("%d characters, more than %d".formatted(text.length(), MAX_LENGTH));
        }
        try {
            StringBuilder safe = new StringBuilder();
            write(SqlSyntax.parse(text), safe, 0);
            return new SqlFilter(Parser.parseDefault(safe.toString()));
        } catch (ParseException refused) {
            throw new IllegalArgumentException("'%s': %s".formatted(text, firstLine(refused)), refused);
        } catch (StackOverflowError deep) {
            throw new IllegalArgumentException("nested too deeply", deep);
        }
    }

    @Override
    public boolean test(EventView view) {
        try {
            return Boolean.TRUE.equals(expression.tryEvaluate(RUNTIME, new SqlEvent(view.event())));
        } catch (EvaluationException | IllegalStateException | IllegalArgumentException error) {
            return false;
        }
    }

    private static void write(ParseTree node, StringBuilder out, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("nested more than " + MAX_DEPTH + " deep");
        }
        if (node instanceof LikeExpressionContext like) {
            out.append(like.NOT() == null ? "(" : "(NOT ")
                    .append(LikeFunction.NAME)
                    .append('(');
            write(like.expression(), out, depth + 1);
            out.append(',').append(like.stringLiteral().getText()).append("))");
            return;
        }
        if (node instanceof FunctionInvocationExpressionContext call) {
            requireFunction(call);
        }
        if (node.getChildCount() == 0 && !(node instanceof ParserRuleContext)) {
            if (!isEnd(node)) {
                out.append(node.getText()).append(' ');
            }
            return;
        }
        for (int i = 0; i < node.getChildCount(); i++) {
            write(node.getChild(i), out, depth + 1);
        }
    }

    private static boolean isEnd(ParseTree node) {
        return node.getPayload() instanceof Token token && token.getType() == Token.EOF;
    }

    /** The library finds out when an event is judged, when nobody is there to be told. */
    private static void requireFunction(FunctionInvocationExpressionContext call) {
        String name = call.functionIdentifier().getText();
        int arguments = call.functionParameterList().expression().size();
        try {
            RUNTIME.resolveFunction(name.toUpperCase(Locale.ROOT), arguments);
        } catch (IllegalStateException unknown) {
            throw new IllegalArgumentException(
                    "'%s' with %d arguments is no function".formatted(name, arguments), unknown);
        }
    }

    private static String firstLine(ParseException refused) {
        return String.valueOf(refused.getMessage()).lines().findFirst().orElse("");
    }
}
