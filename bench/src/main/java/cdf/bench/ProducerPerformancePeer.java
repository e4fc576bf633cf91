package cdf.bench;

import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.producer.Generation;
import org.apache.kafka.tools.ProducerPerformance;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Kafka's own measure of a producer, with the settings of {@code cdf generate}. */
record ProducerPerformancePeer(KafkaConnection connection, long records, long recordBytes) {
    /** Sends the records and returns when all are acknowledged. */
    Void run(String topic) {
        List<String> arguments = new ArrayList<>(List.of(
                "--topic",
                topic,
                "--num-records",
                Long.toString(records),
                "--record-size",
                Long.toString(recordBytes),
                "--throughput",
                "-1",
                "--bootstrap-server",
                connection.bootstrapServers(),
                "--command-property"));
        Publisher.producerDefaults(Generation.UNPACED_LINGERING)
                .forEach((name, value) -> arguments.add(name + "=" + value));
        // Its progress is not ours to show.
        PrintStream out = System.out;
        System.setOut(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
        try {
            ProducerPerformance.main(arguments.toArray(String[]::new));
        } catch (Exception failure) {
            throw new IllegalStateException("ProducerPerformance failed", failure);
        } finally {
            System.setOut(out);
        }
        return null;
    }
}
