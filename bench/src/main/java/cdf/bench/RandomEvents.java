package cdf.bench;

import cdf.generator.MalformedRecords;
import cdf.generator.MalformedRecords.MalformedRecord;
import cdf.kafka.Publisher;

import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Sends changes of few rows, deletes and creations of the same ones again among them, tombstones, and many records that
 * are no events. The same seed gives the same.
 */
final class RandomEvents {
    /** So few that most of a file is deleted after some batches, and so many that some of it is left until files are merged. */
    private static final int IDS = 600;

    private static final double MALFORMED = 0.1;

    private final SplittableRandom random;
    private final MalformedRecords malformed;
    private long sent;

    RandomEvents(long seed) {
        random = new SplittableRandom(seed);
        malformed = new MalformedRecords(seed, MALFORMED);
    }

    long sent() {
        return sent;
    }

    /** Sends so many records. */
    void send(Publisher publisher, int records) {
        for (int record = 0; record < records; record++) {
            if (malformed.strikes()) {
                MalformedRecord next = malformed.next();
                publisher.send(next.key(), next.value(), System.nanoTime());
            } else {
                String id = "user-" + random.nextInt(IDS);
                publisher.send(utf8(id), value(id), System.nanoTime());
            }
            sent++;
        }
    }

    private byte[] value(String id) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> utf8("{\"op\":\"d\",\"ts_ms\":1,\"before\":{\"id\":\"" + id + "\"},\"after\":null}");
            case 2 -> utf8(event("c", id));
            default -> utf8(event("u", id));
        };
    }

    private String event(String operation, String id) {
        return "{\"op\":\"" + operation + "\",\"ts_ms\":1,\"before\":null,\"after\":{\"id\":\"" + id
                + "\",\"name\":\"Name " + random.nextInt(100) + "\",\"balance\":" + random.nextLong() + "}}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
