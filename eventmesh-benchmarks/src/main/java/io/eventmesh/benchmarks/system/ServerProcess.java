package io.eventmesh.benchmarks.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A server under test in a process of its own, with the processor time that it used. */
final class ServerProcess implements AutoCloseable {
    private static final double TICKS_A_SECOND = 100;

    private final Process process;
    private final String host;
    private final int port;

    private ServerProcess(Process process, String host, int port) {
        this.process = process;
        this.host = host;
        this.port = port;
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
        for (String text = out.readLine(); text != null; text = out.readLine()) {
            Matcher matcher = line.matcher(text);
            if (matcher.find()) {
                host = matcher.group("host") == null ? "127.0.0.1" : matcher.group("host");
                port = Integer.parseInt(matcher.group("port"));
            }
            if (port > 0 && (text.startsWith("Ready") || text.startsWith("port"))) {
                return new ServerProcess(process, host, port);
            }
        }
        process.destroy();
        throw new IOException("the server ended before it was ready: %s%n%s"
                .formatted(String.join(" ", command), Files.readString(log)));
    }

    String host() {
        return host;
    }

    int port() {
        return port;
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
