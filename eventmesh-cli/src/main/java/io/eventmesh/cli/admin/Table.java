package io.eventmesh.cli.admin;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** How a list is shown to people: a column for each value that matters. Immutable. */
final class Table {
    private static final int WIDEST = 60;

    private record Column(String title, JsonPointer at) {
        String of(JsonNode item) {
            JsonNode value = item.at(at);
            if (value.isMissingNode() || value.isNull()) {
                return "-";
            }
            String text = value.isArray()
                    ? Integer.toString(value.size())
                    : value.isValueNode() ? value.asText() : value.toString();
            String line = text.replace('\n', ' ');
            return line.isEmpty() ? "-" : line.length() > WIDEST ? line.substring(0, WIDEST - 1) + "…" : line;
        }
    }

    private final List<Column> columns = new ArrayList<>();

    /** @param titlesAndPointers a title, then where the value stands in an item; an array is shown by its length */
    Table(String... titlesAndPointers) {
        for (int i = 0; i < titlesAndPointers.length; i += 2) {
            columns.add(new Column(titlesAndPointers[i], JsonPointer.compile(titlesAndPointers[i + 1])));
        }
    }

    void print(PrintWriter out, JsonNode items) {
        List<List<String>> rows = new ArrayList<>();
        rows.add(columns.stream().map(Column::title).toList());
        items.forEach(
                item -> rows.add(columns.stream().map(column -> column.of(item)).toList()));
        int[] widths = new int[columns.size()];
        for (List<String> row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row.get(i).length());
            }
        }
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                line.append(row.get(i)).append(" ".repeat(widths[i] - row.get(i).length() + 2));
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
