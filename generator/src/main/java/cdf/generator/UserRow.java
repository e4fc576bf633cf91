package cdf.generator;

import java.util.UUID;

/** A row of the table {@code users (id STRING, name STRING, balance BIGINT)}. */
public record UserRow(UUID id, Name name, long balance) {
    UserRow withName(Name newName) {
        return new UserRow(id, newName, balance);
    }

    UserRow withBalance(long newBalance) {
        return new UserRow(id, name, newBalance);
    }
}
