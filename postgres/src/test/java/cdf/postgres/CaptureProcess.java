package cdf.postgres;

import cdf.kafka.KafkaConnection;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Map;

/** A capture in a process of its own, which can be killed. */
final class CaptureProcess implements AutoCloseable {
    private final Process process;

    private CaptureProcess(Process process) {
        this.process = process;
    }

    static CaptureProcess start(CaptureSettings settings) {
        ProcessBuilder builder = new ProcessBuilder(
                        System.getProperty("java.home") + "/bin/java",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        CaptureProcess.class.getName(),
                        TestServer.kafka().bootstrapServers(),
                        settings.database().toString(),
                        settings.topicPrefix(),
                        settings.tables().get(0).toString())
                .redirectOutput(Redirect.INHERIT)
                .redirectError(Redirect.INHERIT);
        builder.environment().put("PGPASSWORD", settings.database().password().orElseThrow());
        try {
            return new CaptureProcess(builder.start());
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    /** What the process runs: the broker, the database, the prefix and the table. */
    public static void main(String[] arguments) {
        DatabaseAddress database = Passwords.add(DatabaseAddress.parse(arguments[1]), System.getenv(), Map.of());
        List<TableName> tables = List.of(TableName.parse(arguments[3]).orElseThrow());
        CaptureSettings settings = new CaptureSettings(database, tables, arguments[2]);
        new Capture(new KafkaConnection(arguments[0]), settings, new CaptureListener() {}).run();
    }

    boolean alive() {
        return process.isAlive();
    }

    /** SIGKILL. */
    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
