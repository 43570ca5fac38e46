package io.eventmesh.rules.spec;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.List;

/** A refused document, with every field that is wrong. */
public final class InvalidDocument extends EventMeshException {
    private static final long serialVersionUID = 1L;

    /**
     * A wrong field.
     *
     * @param path JSON pointer
     * @param message value and expectation
     */
    public record Field(String path, String message) {}

    private final transient List<Field> fields;

    public InvalidDocument(ErrorCode code, String what, List<Field> fields) {
        super(code, text(what, fields));
        this.fields = List.copyOf(fields);
    }

    public List<Field> fields() {
        return fields;
    }

    private static String text(String what, List<Field> fields) {
        StringBuilder text = new StringBuilder(what);
        String separator = ": ";
        for (Field field : fields) {
            text.append(separator).append(field.path()).append(" ").append(field.message());
            separator = "; ";
        }
        return text.toString();
    }
}
