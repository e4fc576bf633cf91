package cdf.lake;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.util.UninterruptibleThread;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class KafkaBatchTest {
    private static final int PARTITIONS = 2;

    private static EmbeddedBroker broker;
    private static Topics topics;
    private static SparkSession spark;

    @BeforeAll
    static void startSparkAndBroker(@TempDir Path temporary) {
        spark = TestSpark.forSmallTables();
        // So that a query that does not stream reads as one that does.
        spark.conf().set("spark.sql.sources.useV1SourceList", "");
        broker = EmbeddedBroker.start(new BrokerSettings(temporary, 0, Map.of()));
        topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
    }

    @AfterAll
    static void closeBroker() {
        topics.close();
        broker.close();
    }

    @Test
    void inTheDriverASmallBatchIsReadAsTasksReadIt() {
        publish("small", 500);
        KafkaBatch batch = new KafkaBatch(batch("small"));

        List<String> inTheDriver = new ArrayList<>();
        batch.forEach(record -> inTheDriver.add(text(record)));

        assertThat(batch.isSmall()).isTrue();
        assertThat(inTheDriver)
                .hasSize(500)
                .isEqualTo(batch.records().map(KafkaBatchTest::text).collect());
    }

    @Test
    void aLargeBatchAndOneThatIsNotOfKafkaAreNotSmall() {
        publish("large", 25_000);

        assertThat(new KafkaBatch(batch("large")).isSmall()).isFalse();
        assertThat(new KafkaBatch(spark.range(1).toDF()).isSmall()).isFalse();
    }

    /** Not as an IllegalStateException, which {@link Apply} takes for a bug of its own. */
    @Test
    void recordsThatAreGoneWhenTheBatchIsReadAreTold() throws Exception {
        publish("gone", 500);
        KafkaBatch batch = new KafkaBatch(batch("gone"));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()))) {
            admin.deleteRecords(Map.of(new TopicPartition("gone", 0), RecordsToDelete.beforeOffset(100)))
                    .all()
                    .get();
        }

        assertThatThrownBy(() -> batch.forEach(record -> {}))
                .isInstanceOf(KafkaException.class)
                .hasMessageContaining("gone-0");
    }

    @Test
    void whoWaitsForABrokerThatIsAwayCanBeInterrupted(@TempDir Path temporary) throws Exception {
        EmbeddedBroker other = EmbeddedBroker.start(new BrokerSettings(temporary, 0, Map.of()));
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Topics there = Topics.connect(new KafkaConnection(other.bootstrapServer()))) {
            publish(there, "away", 500);
            KafkaBatch batch = new KafkaBatch(batch(there, "away"));
            other.close();
            Thread reading = new UninterruptibleThread(() -> batch.forEach(record -> {}), "reading");
            reading.setUncaughtExceptionHandler((thread, thrown) -> failure.set(thrown));

            reading.start();
            reading.interrupt();

            reading.join(Duration.ofSeconds(60).toMillis());
            assertThat(reading.isAlive()).isFalse();
            assertThat(failure.get()).isNotNull();
        }
    }

    private static Dataset<Row> batch(String topic) {
        return batch(topics, topic);
    }

    private static Dataset<Row> batch(Topics topics, String topic) {
        return spark.read()
                .format("kafka")
                .option("kafka.bootstrap.servers", topics.connection().bootstrapServers())
                .option("kafka.default.api.timeout.ms", "5000")
                .option("kafka.request.timeout.ms", "5000")
                .option("subscribe", topic)
                .option("startingOffsets", offsets(topic, partition -> 0L))
                .option("endingOffsets", offsets(topic, topics.endOffsets(topic)::get))
                .load();
    }

    private static String offsets(String topic, IntFunction<Long> offset) {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> "\"" + partition + "\":" + offset.apply(partition))
                .collect(Collectors.joining(",", "{\"" + topic + "\":{", "}}"));
    }

    private static void publish(String topic, int records) {
        publish(topics, topic, records);
    }

    private static void publish(Topics topics, String topic, int records) {
        topics.ensure(topic, PARTITIONS);
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            for (int record = 0; record < records; record++) {
                byte[] bytes = Integer.toString(record).getBytes(StandardCharsets.UTF_8);
                publisher.send(bytes, bytes, System.nanoTime());
            }
            publisher.flush();
        }
    }

    private static String text(ConsumerRecord<byte[], byte[]> record) {
        return record.partition() + "/" + record.offset() + "=" + new String(record.key(), StandardCharsets.UTF_8) + ":"
                + new String(record.value(), StandardCharsets.UTF_8) + "@" + record.timestamp();
    }
}
