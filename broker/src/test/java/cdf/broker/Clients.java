package cdf.broker;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/** What a plain Kafka client does. */
record Clients(String bootstrapServer, Map<String, String> security) {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    Clients(EmbeddedBroker broker) {
        this(broker.bootstrapServer(), Map.of());
    }

    Admin admin() {
        return Admin.create(properties(Map.of()));
    }

    void send(String topic, String value) throws InterruptedException, ExecutionException {
        Map<String, Object> properties =
                properties(Map.of("acks", "all", "max.block.ms", String.valueOf(PATIENCE.toMillis())));
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(properties, new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, value)).get();
        }
    }

    /** Reads until there are as many values as asked for, or patience ends. */
    List<String> read(String topic, int count) {
        Map<String, Object> properties = properties(Map.of("auto.offset.reset", "earliest", "group.id", "readers"));
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            List<String> values = new ArrayList<>();
            Instant deadline = Instant.now().plus(PATIENCE);
            while (values.size() < count && Instant.now().isBefore(deadline)) {
                for (ConsumerRecord<String, String> found : consumer.poll(Duration.ofMillis(200))) {
                    values.add(found.value());
                }
            }
            return values;
        }
    }

    private Map<String, Object> properties(Map<String, String> more) {
        Map<String, Object> properties = new HashMap<>(security);
        properties.put("bootstrap.servers", bootstrapServer);
        properties.putAll(more);
        return properties;
    }
}
