package cdf.lake;

import cdf.change.TableSchema;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.NoMapping$;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.TypeChange;
import org.apache.spark.sql.delta.TypeWideningMetadata;
import org.apache.spark.sql.delta.actions.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Gives a table more columns and wider types, in a version that changes nothing else: no data file is touched. */
final class SchemaEvolution {
    /** Lets data files keep narrower types than the table (Delta protocol, "Type Widening"); readers must know of it. */
    private static final String TYPE_WIDENING = "delta.enableTypeWidening";

    private static final String FEED_OF_OTHER_SCHEMAS =
            "spark.databricks.delta.changeDataFeed.unsafeBatchReadOnIncompatibleSchemaChanges.enabled";

    private SchemaEvolution() {}

    /**
     * Commits the new schema.
     *
     * @param known what the table's columns are, as far as the applier knows
     * @param schema what they become: those that there are, as wide or wider, and more after them
     * @return whether that is done; not if the table has other columns than were known
     */
    static boolean commit(DeltaLog log, TableSchema known, TableSchema schema, boolean sequenced) {
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        Metadata metadata = transaction.metadata();
        StructType before = metadata.schema();
        if (!before.sql().equals(TableColumns.structType(known, sequenced).sql())) {
            return false;
        }
        StructType after = withHistory(TableColumns.structType(schema, sequenced), before);
        Map<String, String> properties = new HashMap<>(CollectionConverters.asJava(metadata.configuration()));
        if (Arrays.stream(after.fields()).anyMatch(field -> isWidened(field, before))) {
            properties.put(TYPE_WIDENING, "true");
        }
        ChangeTables.commitMetadata(
                transaction, after.json(), properties, new DeltaOperations.UpdateSchema(before, after));
        return true;
    }

    /**
     * Lets a session read the table's changes from before a type became wider, in the wider type. Delta refuses all changes
     * from before a schema that is not the newest one; of a table without column mapping, each value has its place all the
     * same.
     */
    static void allowFeed(SparkSession spark, DeltaLog log) {
        Metadata metadata = log.unsafeVolatileSnapshot().metadata();
        boolean widened =
                metadata.configuration().contains(TYPE_WIDENING) && metadata.columnMappingMode() == NoMapping$.MODULE$;
        spark.conf().set(FEED_OF_OTHER_SCHEMAS, widened);
    }

    /** The columns with what the table's log says of each, and with the types that a widened one had before. */
    private static StructType withHistory(StructType columns, StructType before) {
        return new StructType(Arrays.stream(columns.fields())
                .map(field -> withHistory(field, before))
                .toArray(StructField[]::new));
    }

    private static StructField withHistory(StructField field, StructType before) {
        if (!before.getFieldIndex(field.name()).isDefined()) {
            return field;
        }
        StructField known = before.apply(field.name());
        StructField same = field.copy(field.name(), field.dataType(), field.nullable(), known.metadata());
        if (!isWidened(field, before)) {
            return same;
        }
        TypeChange change = new TypeChange(
                Option.empty(),
                known.dataType(),
                field.dataType(),
                CollectionConverters.asScala(List.<String>of()).toSeq());
        return new TypeWideningMetadata(
                        CollectionConverters.asScala(List.of(change)).toSeq())
                .appendToField(same);
    }

    private static boolean isWidened(StructField field, StructType before) {
        return before.getFieldIndex(field.name()).isDefined()
                && !before.apply(field.name()).dataType().equals(field.dataType());
    }
}
