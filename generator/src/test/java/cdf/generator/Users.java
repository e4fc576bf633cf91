package cdf.generator;

import cdf.change.EventDecoder;
import cdf.change.EventDecoder.Outcome;
import cdf.change.TableSchema;
import org.jspecify.annotations.Nullable;

import java.util.Optional;

/** Reads records as {@code cdf apply} does: as changes of the table of users. */
final class Users {
    private final EventDecoder decoder =
            new EventDecoder(TableSchema.parse("id STRING, name STRING, balance BIGINT", "id"));

    /** What a record leaves of its row: empty after a delete. */
    record Left(String id, Optional<String> row) {
        static Left of(Change change, UnusualKeys keys) {
            return new Left(
                    keys.id(change.id()), change.after().map(row -> row.name().text() + " " + row.balance()));
        }
    }

    Outcome outcome(byte @Nullable [] key, byte @Nullable [] value) {
        return decoder.decode(key, value);
    }

    Left read(byte @Nullable [] key, byte @Nullable [] value) {
        return switch (decoder.decode(key, value)) {
            case UPSERT ->
                new Left(
                        decoder.row().text(0),
                        Optional.of(decoder.row().text(1) + " " + decoder.row().longValue(2)));
            case DELETE -> new Left(decoder.row().text(0), Optional.empty());
            case REJECTED -> throw new AssertionError(decoder.reason());
            case TRUNCATE, IGNORED, OTHER_SCHEMA -> throw new AssertionError("changes no row");
        };
    }
}
