package cdf.postgres;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

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
}
