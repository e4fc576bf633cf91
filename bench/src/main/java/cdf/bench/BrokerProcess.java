package cdf.bench;

import cdf.cli.Cdf;
import org.apache.hadoop.fs.FileUtil;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code cdf broker} in a process of its own, so that what is measured here shares no heap with it. */
final class BrokerProcess implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("the broker listens at (\\S+)");
    private static final long PATIENCE_SECONDS = 20;

    private final Process process;
    private final Path directory;
    private final String bootstrapServer;

    private BrokerProcess(Process process, Path directory, String bootstrapServer) {
        this.process = process;
        this.directory = directory;
        this.bootstrapServer = bootstrapServer;
    }

    static BrokerProcess start() {
        try {
            Path directory = Files.createTempDirectory("cdf-bench-");
            Process process = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Cdf.class.getName(),
                            "broker",
                            "--port",
                            "0",
                            "--data-dir",
                            directory.toString()))
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new BrokerProcess(process, directory, awaitAddress(process));
        } catch (IOException failure) {
            throw new UncheckedIOException("the broker's process does not start", failure);
        }
    }

    /** The broker tells its address on standard error, and nothing more unless it fails. */
    private static String awaitAddress(Process process) throws IOException {
        BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            Matcher listening = LISTENING.matcher(line);
            if (listening.find()) {
                return listening.group(1);
            }
            all.append(line).append(System.lineSeparator());
        }
        throw new IllegalStateException("the broker ended: " + all);
    }

    String bootstrapServer() {
        return bootstrapServer;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
        FileUtil.fullyDelete(directory.toFile());
    }
}
