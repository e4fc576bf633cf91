package cdf.postgres;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class CaptureTest {
    @Test
    void rowsThatAreThereComeFirstAndThenTheChanges() {
        TestDatabase database = TestServer.database();
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, name text)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')");
        Capture capture =
                new Capture(TestServer.kafka(), database.capture("users").endingOnce(), new CaptureListener() {
                    @Override
                    public void notice(String l) {
                        System.err.println(l);
                    }

                    @Override
                    public void progress(CaptureProgress l) {
                        System.err.println(l);
                    }
                });
        System.err.println(capture.run());
        database.execute("UPDATE users SET name='x' WHERE id=1", "TRUNCATE users");
        System.err.println(
                new Capture(TestServer.kafka(), database.capture("users").endingOnce(), new CaptureListener() {})
                        .run());
        for (ConsumerRecord<byte[], byte[]> r :
                TopicReader.readAll(TestServer.kafka().bootstrapServers(), database.prefix() + ".public.users")) {
            System.err.println((r.key() == null ? "null" : new String(r.key())) + "\n    "
                    + (r.value() == null ? "null" : new String(r.value()).replaceAll(".*\"payload\":", "")));
        }
    }
}
