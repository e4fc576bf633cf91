package cdf.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** A database as a test works with it. Its name is the topic prefix, too. */
record TestDatabase(DatabaseAddress address) {
    void execute(String... statements) {
        try (Connection connection = address.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }

    List<String> query(String sql) {
        try (Connection connection = address.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            List<String> all = new ArrayList<>();
            while (row.next()) {
                all.add(row.getString(1));
            }
            return all;
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }

    String prefix() {
        return address.database();
    }

    CaptureSettings capture(String... tables) {
        return new CaptureSettings(
                address,
                List.of(tables).stream()
                        .map(table -> TableName.parse(table).orElseThrow())
                        .toList(),
                prefix());
    }

    CapturedTopic topic(String table) {
        return CapturedTopic.read(TestServer.kafka(), prefix() + ".public." + table);
    }

    /** The rows of a table of integers and texts, as the topic has them. */
    Set<String> rows(String table) {
        return query("SELECT row_to_json(t) FROM " + table + " AS t").stream()
                .map(row -> CapturedTopic.json(row).toString())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    ReplicationSlot slot() {
        try (Connection connection = address.connect()) {
            return ReplicationSlot.find(connection, CaptureSettings.defaultName(prefix()))
                    .orElseThrow();
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }

    /** Waits until all that is committed now is in Kafka, and the slot knows. */
    void awaitCaptured() {
        try (Connection connection = address.connect()) {
            Lsn mark = ReplicationSlot.mark(connection);
            Await.until(() -> slot().confirmed().compareTo(mark) > 0);
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }
}
