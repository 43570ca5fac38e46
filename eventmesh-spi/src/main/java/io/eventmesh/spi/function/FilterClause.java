package io.eventmesh.spi.function;

/**
 * One thing that a filter asks of an event, and how it went.
 *
 * @param pointer where it stands in the rule, as a JSON pointer: {@code /filter/data/total}, {@code /filters/1/prefix/type}
 * @param path of the field in the event: {@code data.total}, {@code type}; empty for what combines others
 * @param expected what may stand there, as it is written in the rule: {@code [{"numeric":[">",100]}]}
 * @param found what stood there, as JSON, cut where it is long; {@code nothing} for a field that is missing
 * @param matched whether the event meets it
 */
public record FilterClause(String pointer, String path, String expected, String found, boolean matched) {}
