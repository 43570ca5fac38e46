package io.eventmesh.benchmarks.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server under test in a process of its own, with the processor time that it used. */
final class ServerProcess implements AutoCloseable {
    private static final double TICKS_A_SECOND = 100;
    private static final Pattern ALLOCATED = Pattern.compile(" allocated=(\\d+)([BKMG])");

    private final Process process;
    private final String host;
    private final int port;
    private final List<String> printed;

    private ServerProcess(Process process, String host, int port, List<String> printed) {
        this.process = process;
        this.host = host;
        this.port = port;
        this.printed = printed;
    }

    /**
     * Starts a command and waits for the line that names its port by host and port, or port alone.
     *
     * @param log where its standard error goes
     */
    static ServerProcess start(List<String> command, Map<String, String> environment, Pattern line, Path log)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String host = "";
        int port = 0;
        List<String> printed = new ArrayList<>();
        for (String text = out.readLine(); text != null; text = out.readLine()) {
            printed.add(text);
            Matcher matcher = line.matcher(text);
            if (matcher.find()) {
                host = matcher.group("host") == null ? "127.0.0.1" : matcher.group("host");
                port = Integer.parseInt(matcher.group("port"));
            }
            if (port > 0 && (text.startsWith("Ready") || text.startsWith("port"))) {
                Processors.server(process.pid(), "mesh-io");
                Processors.server(process.pid(), "echo");
                return new ServerProcess(process, host, port, printed);
            }
        }
        process.destroy();
        throw new IOException("the server ended before it was ready: %s%n%s"
                .formatted(String.join(" ", command), Files.readString(log)));
    }

    /** A process that was started otherwise and serves on a port. */
    static ServerProcess running(Process process, String host, int port) {
        return new ServerProcess(process, host, port, List.of());
    }

    String host() {
        return host;
    }

    int port() {
        return port;
    }

    /** The first group of the pattern in what the server printed before it was ready. */
    String printed(String pattern) {
        for (String text : printed) {
            Matcher matcher = Pattern.compile(pattern).matcher(text);
            if (matcher.find()) {
                return matcher.group(1);
            }
        }
        throw new IllegalStateException("not printed: " + pattern);
    }

    /** Resident memory. */
    long residentKib() throws IOException {
        return status("VmRSS:");
    }

    private long status(String field) throws IOException {
        for (String text : Files.readAllLines(directory().resolve("status"))) {
            if (text.startsWith(field)) {
                return Long.parseLong(text.replaceAll("\\D", ""));
            }
        }
        throw new IllegalStateException("no " + field);
    }

    long pid() {
        return process.pid();
    }

    /** Threads of the process, those of the virtual machine included. */
    long threads() throws IOException {
        return status("Threads:");
    }

    /** Bytes that the threads which are alive have allocated so far, in steps of a hundredth or less. */
    double allocatedBytes() throws IOException {
        Matcher matcher = ALLOCATED.matcher(command("Thread.print", "-e"));
        double sum = 0;
        while (matcher.find()) {
            double unit = switch (matcher.group(2)) {
                case "K" -> 1L << 10;
                case "M" -> 1L << 20;
                case "G" -> 1L << 30;
                default -> 1;
            };
            sum += Double.parseDouble(matcher.group(1)) * unit;
        }
        return sum;
    }

    /** Bytes alive on the heap: collects first. For the Serial collector. */
    double liveBytes() throws IOException {
        command("GC.run");
        String counters = command("PerfCounter.print");
        double sum = 0;
        for (String space : new String[] {"0.space.0", "0.space.1", "0.space.2", "1.space.0"}) {
            sum += counter(counters, "sun.gc.generation." + space + ".used");
        }
        return sum;
    }

    private static double counter(String counters, String name) {
        Matcher matcher = Pattern.compile("^" + Pattern.quote(name) + "=(\\d+)", Pattern.MULTILINE)
                .matcher(counters);
        if (!matcher.find()) {
            throw new IllegalStateException("no counter " + name);
        }
        return Double.parseDouble(matcher.group(1));
    }

    private String command(String... words) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid())));
        command.addAll(List.of(words));
        Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Processor seconds used so far, user and system. */
    double cpuSeconds() throws IOException {
        return cpuSeconds(directory().resolve("stat"));
    }

    /** Processor seconds that the virtual machine's compilers used so far. */
    double compilerSeconds() throws IOException {
        double all = 0;
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(directory().resolve("task"))) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).contains("CompilerThre")) {
                    all += cpuSeconds(thread.resolve("stat"));
                }
            }
        } catch (NoSuchFileException ended) {
            // a thread that ended meanwhile compiles no more
        }
        return all;
    }

    private Path directory() {
        return Path.of("/proc", Long.toString(process.pid()));
    }

    private static double cpuSeconds(Path statistics) throws IOException {
        String stat = Files.readString(statistics);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_A_SECOND;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(25, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException interrupted) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
