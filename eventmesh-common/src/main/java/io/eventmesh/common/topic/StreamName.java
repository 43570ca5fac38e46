package io.eventmesh.common.topic;

/**
 * The name of a stream: what the storage keeps for one or more topics of a namespace.
 *
 * <p>A topic belongs to the stream named by its first level; below {@code _t} and {@code _dl} the whole topic names
 * the stream.
 *
 * @param namespace who owns it
 * @param name a first level, or a whole topic below {@code _t} and {@code _dl}
 */
public record StreamName(String namespace, String name) implements Comparable<StreamName> {
    public StreamName {
        Names.requireName("namespace", namespace);
        TopicName.of(name);
    }

    /** The stream that keeps the topic unless configuration maps it elsewhere. */
    public static StreamName of(String namespace, TopicName topic) {
        String first = topic.firstLevel();
        boolean whole = first.equals("_t") || first.equals("_dl");
        return new StreamName(namespace, whole ? topic.value() : first);
    }

    @Override
    public int compareTo(StreamName other) {
        int byNamespace = namespace.compareTo(other.namespace);
        return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
    }

    @Override
    public String toString() {
        return namespace + ":" + name;
    }
}
