package io.eventmesh.function.subscription;

import io.cloudevents.sql.generated.CESQLParserLexer;
import io.cloudevents.sql.generated.CESQLParserParser;
import io.cloudevents.sql.impl.parser.CaseChangingCharStream;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.tree.ParseTree;
import org.jspecify.annotations.Nullable;

/** Reads the syntax of a CloudEvents SQL expression by the grammar of the library that evaluates it. */
final class SqlSyntax {
    private SqlSyntax() {}

    /** @throws IllegalArgumentException for what is no expression */
    static ParseTree parse(String text) {
        CESQLParserLexer lexer = new CESQLParserLexer(new CaseChangingCharStream(CharStreams.fromString(text), true));
        CESQLParserParser parser = new CESQLParserParser(new CommonTokenStream(lexer));
        Refusal refusal = new Refusal(text);
        lexer.removeErrorListeners();
        lexer.addErrorListener(refusal);
        parser.removeErrorListeners();
        parser.addErrorListener(refusal);
        return parser.cesql();
    }

    private static final class Refusal extends BaseErrorListener {
        private final String text;

        Refusal(String text) {
            this.text = text;
        }

        @Override
        public void syntaxError(
                Recognizer<?, ?> recognizer,
                @Nullable Object symbol,
                int line,
                int column,
                String problem,
                @Nullable RecognitionException cause) {
            throw new IllegalArgumentException(
                    "'%s': at line %d, column %d: %s".formatted(text, line, column + 1, problem), cause);
        }
    }
}
