package io.eventmesh.runtime.function;

import io.eventmesh.proto.v1.RuleGroup;
import io.eventmesh.proto.v1.RuleGroups;
import io.eventmesh.rules.RuleSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups of rules that are others' to judge by, as an admin said it, kept on disk so that this runtime goes on, and
 * starts, without one. It judges by all others, also by one that is new.
 *
 * <p>For one thread at a time.
 */
final class Assignment {
    private static final Logger log = LoggerFactory.getLogger(Assignment.class);

    private final Path file;
    private Set<RuleGroup> elsewhere = Set.of();

    Assignment(Path directory) {
        this.file = directory.resolve("rule-groups.bin");
    }

    /** Reads what is kept; blocks. */
    void load() {
        try {
            if (Files.exists(file)) {
                elsewhere = new HashSet<>(
                        RuleGroups.parseFrom(Files.readAllBytes(file)).getElsewhereList());
            }
        } catch (IOException unreadable) {
            log.warn("Kept groups of rules are unreadable, judging by all. error={}", unreadable.toString());
        }
    }

    /** Takes other groups and keeps them; blocks. */
    void take(RuleGroups given) {
        elsewhere = new HashSet<>(given.getElsewhereList());
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Path next = file.resolveSibling(file.getFileName() + ".next");
            Files.write(next, given.toByteArray());
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException failure) {
            log.warn("Groups of rules not kept on disk. error={}", failure.toString());
        }
    }

    /** Whether the source's events are this runtime's to judge. */
    boolean holds(RuleSource source) {
        return !elsewhere.contains(RuleGroup.newBuilder()
                .setNamespace(source.group().bus().namespace())
                .setGroup(source.group().name())
                .build());
    }
}
