package cdf.lake;

import cdf.change.CdfException;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class ChangeTablesTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id INT, region STRING, n BIGINT", "region,id");

    private static SparkSession spark;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @Test
    void aNewTableSaysItsKeyAndOpensAgain() {
        open(SCHEMA);

        DeltaLog log = open(SCHEMA);

        assertThat(log.unsafeVolatileSnapshot().version()).isZero();
        assertThat(ChangeTables.key(log.unsafeVolatileSnapshot())).isEqualTo(Optional.of(List.of("region", "id")));
    }

    @Test
    void anotherKeyIsRefusedWithBoth() {
        open(SCHEMA);

        assertThatThrownBy(() -> open(TableSchema.parse("id INT, region STRING, n BIGINT", "id")))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("has another key: region,id, not id");
    }

    @Test
    void otherColumnsAreRefusedWithBoth() {
        open(SCHEMA);

        assertThatThrownBy(() -> open(TableSchema.parse("id INT, region STRING, n INT", "region,id")))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("n BIGINT")
                .hasMessageContaining("n INT");
    }

    @Test
    void anotherOrderOfChangesIsRefusedWithTheTablesOwn() {
        Optional<SequencePath> byLsn = Optional.of(SequencePath.parse("source.lsn"));
        org.apache.hadoop.fs.Path bySequence =
                new org.apache.hadoop.fs.Path(directory.resolve("by-sequence").toUri());
        open(SCHEMA);
        ChangeTables.open(spark, bySequence, SCHEMA, byLsn);

        assertThat(ChangeTables.open(spark, bySequence, SCHEMA, byLsn)
                        .unsafeVolatileSnapshot()
                        .schema()
                        .fieldNames())
                .containsExactly("id", "region", "n", "_sequence");
        assertThatThrownBy(() -> ChangeTables.open(spark, bySequence, SCHEMA))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("are applied by source.lsn, not in the order of the topic");
        CdfException other = catchThrowableOfType(
                CdfException.class,
                () -> ChangeTables.open(spark, bySequence, SCHEMA, Optional.of(SequencePath.parse("ts_ms"))));
        assertThat(other.problem()).endsWith("are applied by source.lsn, not by ts_ms");
        assertThat(other.hint()).startsWith("give --sequence-by source.lsn");
        CdfException none = catchThrowableOfType(
                CdfException.class,
                () -> ChangeTables.open(spark, new org.apache.hadoop.fs.Path(table().toUri()), SCHEMA, byLsn));
        assertThat(none.problem()).endsWith("are applied in the order of the topic, not by source.lsn");
        assertThat(none.hint()).startsWith("leave --sequence-by out");
    }

    @Test
    void whatSomebodyElsesTableLacksIsSaidWithTheSqlThatMendsIt() {
        spark.sql(
                "CREATE TABLE delta.`" + table()
                        + "` (id INT, region STRING, n BIGINT) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')");

        CdfException refused = catchThrowableOfType(CdfException.class, () -> open(SCHEMA));

        assertThat(refused.problem()).endsWith("it has not set delta.enableDeletionVectors, cdf.key");
        spark.sql(refused.hint().substring(refused.hint().indexOf("ALTER TABLE")));
        assertThat(ChangeTables.key(open(SCHEMA).unsafeVolatileSnapshot())).isPresent();
    }

    @Test
    void aTableThatForgetsPositionsIsRefusedWithTheSqlThatMendsIt() {
        open(SCHEMA);
        spark.sql("ALTER TABLE delta.`" + table()
                + "` SET TBLPROPERTIES ('delta.setTransactionRetentionDuration' = 'interval 7 days')");

        CdfException refused = catchThrowableOfType(CdfException.class, () -> open(SCHEMA));

        assertThat(refused.problem()).endsWith("would forget after some time how far it is in the topic");
        spark.sql(refused.hint().substring(refused.hint().indexOf("ALTER TABLE")));
        assertThat(open(SCHEMA).unsafeVolatileSnapshot().version()).isEqualTo(2);
    }

    @Test
    void aPartitionedTableIsRefused() {
        spark.sql("CREATE TABLE delta.`" + table() + "` (id INT, region STRING, n BIGINT) USING delta"
                + " PARTITIONED BY (region) TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')");

        assertThatThrownBy(() -> open(SCHEMA))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("is partitioned by region");
    }

    @Test
    void aDirectoryOfSomethingElseIsRefusedAndLeftAlone() throws IOException {
        Files.createDirectories(table());
        Files.writeString(table().resolve("photo"), "of a cat");

        assertThatThrownBy(() -> open(SCHEMA))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("is no Delta table")
                .hasMessageContaining("photo");
        assertThat(table().resolve("photo")).exists();
        assertThat(table().resolve("_delta_log")).doesNotExist();
    }

    @Test
    void aDirectoryThatIsEmptyBecomesTheTable() throws IOException {
        Files.createDirectories(table());

        assertThat(open(SCHEMA).tableExists()).isTrue();
    }

    @Test
    void aCreationThatWasInterruptedIsDoneAgain() throws IOException {
        Files.createDirectories(table().resolve("_delta_log").resolve("_staged_commits"));
        Files.writeString(table().resolve("_delta_log").resolve(".00000000000000000000.json.1.tmp"), "{");

        assertThat(open(SCHEMA).tableExists()).isTrue();
    }

    @Test
    void aLogThatLostItsVersionsIsNoInterruptedCreation() throws IOException {
        Path lost = table().resolve("_delta_log").resolve("00000000000000000000.crc");
        Files.createDirectories(lost.getParent());
        Files.writeString(lost, "{}");

        assertThatThrownBy(() -> open(SCHEMA)).isInstanceOf(CdfException.class);
        assertThat(lost).exists();
    }

    @Test
    void ofManyThatCreateATableAtOnceAllHaveIt() throws Exception {
        int creators = 8;
        CyclicBarrier together = new CyclicBarrier(creators);
        ExecutorService threads = Executors.newFixedThreadPool(creators);
        try {
            List<Future<String>> ids = threads.invokeAll(Collections.nCopies(creators, () -> {
                together.await();
                return open(SCHEMA).unsafeVolatileSnapshot().metadata().id();
            }));
            Set<String> distinct = new HashSet<>();
            for (Future<String> id : ids) {
                distinct.add(id.get());
            }
            assertThat(distinct).hasSize(1);
        } finally {
            threads.shutdown();
        }
    }

    private Path table() {
        return directory.resolve("table");
    }

    private DeltaLog open(TableSchema schema) {
        return ChangeTables.open(spark, new org.apache.hadoop.fs.Path(table().toUri()), schema);
    }
}
