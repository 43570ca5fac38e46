package io.eventmesh.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eventmesh doctor}: looks at what a mesh on this machine needs and at the mesh itself. */
@Command(
        name = "doctor",
        description = "Checks Java, disk, the mesh, the admin and its runtimes; exit code 1 on a failure.")
final class DoctorCommand implements Callable<Integer> {
    private static final long LOW_DISK_BYTES = 1L << 30;
    private static final int MIN_JAVA = 17;

    @Option(names = "--check", description = "Only this check: java, disk, mesh, admin or runtimes.")
    @Nullable
    String only;

    @Mixin
    Addresses addresses = new Addresses();

    @Spec
    @Nullable
    CommandSpec spec;

    /** What a check found. */
    private record Finding(String check, Level level, String text, String advice) {
        enum Level {
            PASS("✓"),
            WARN("⚠"),
            FAIL("✗");

            private final String mark;

            Level(String mark) {
                this.mark = mark;
            }
        }
    }

    @Override
    public Integer call() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(disk());
        findings.add(mesh());
        findings.add(admin());
        findings.add(runtimes());
        if (only != null
                && findings.stream().noneMatch(finding -> finding.check().equals(only))) {
            throw new CliException(
                    CliException.USAGE,
                    "--check: %s (expected one of: %s)"
                            .formatted(
                                    only, findings.stream().map(Finding::check).toList()),
                    "");
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        boolean failed = false;
        for (Finding finding : findings) {
            if (only == null || only.equals(finding.check())) {
                out.printf("%s %-9s %s%n", finding.level().mark, finding.check(), finding.text());
                if (finding.level() != Finding.Level.PASS) {
                    out.printf("  → %s%n", finding.advice());
                }
                failed |= finding.level() == Finding.Level.FAIL;
            }
        }
        out.flush();
        return failed ? CliException.FAILED : 0;
    }

    private static Finding java() {
        int feature = Runtime.version().feature();
        return feature >= MIN_JAVA
                ? new Finding("java", Finding.Level.PASS, "Java " + Runtime.version(), "")
                : new Finding("java", Finding.Level.FAIL, "Java " + feature, "install a JDK 17 or later");
    }

    private static Finding disk() {
        Path base = Path.of(System.getProperty("eventmesh.base", "."));
        if (!Files.isWritable(base)) {
            return new Finding(
                    "disk",
                    Finding.Level.FAIL,
                    "the installation is not writable",
                    "set data: to a writable directory");
        }
        long free = base.toFile().getUsableSpace();
        String text = "%.1f GiB free".formatted(free / (double) (1L << 30));
        return free < LOW_DISK_BYTES
                ? new Finding(
                        "disk", Finding.Level.WARN, text, "make room: data/ holds the database and ZooKeeper's files")
                : new Finding("disk", Finding.Level.PASS, text, "");
    }

    private Finding mesh() {
        try {
            JsonNode list = addresses.mesh().get("/v1/endpoints").required().path("endpoints");
            return list.isEmpty()
                    ? new Finding(
                            "mesh", Finding.Level.WARN, "answers, but knows no live mesh runtime", "look at /readyz")
                    : new Finding(
                            "mesh",
                            Finding.Level.PASS,
                            "%s answers, %d mesh runtime(s) alive".formatted(addresses.mesh, list.size()),
                            "");
        } catch (CliException failure) {
            return new Finding("mesh", Finding.Level.FAIL, failure.reason(), failure.suggestion());
        }
    }

    private Finding admin() {
        try {
            int rules = addresses
                    .admin()
                    .get("/api/v1/rules")
                    .required()
                    .path("items")
                    .size();
            return new Finding(
                    "admin", Finding.Level.PASS, "%s answers, %d rule(s)".formatted(addresses.admin, rules), "");
        } catch (CliException failure) {
            return new Finding("admin", Finding.Level.FAIL, failure.reason(), failure.suggestion());
        }
    }

    private Finding runtimes() {
        try {
            JsonNode items =
                    addresses.admin().get("/api/v1/runtimes").required().path("items");
            long alive = 0;
            for (JsonNode item : items) {
                alive += item.toString().contains("ALIVE") ? 1 : 0;
            }
            return alive == 0
                    ? new Finding(
                            "runtimes",
                            Finding.Level.WARN,
                            "no runtime reports to the admin",
                            "bin/start.sh --role=connector,function")
                    : new Finding("runtimes", Finding.Level.PASS, "%d of %d alive".formatted(alive, items.size()), "");
        } catch (CliException failure) {
            return new Finding("runtimes", Finding.Level.FAIL, failure.reason(), failure.suggestion());
        }
    }
}
