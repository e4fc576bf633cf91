package cdf.lake;

import cdf.change.ChangeEvent;
import cdf.change.Row;
import cdf.change.Value;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;

/**
 * The changes of some versions of a table, in the order of version and key, from Delta's change data feed (Delta Lake
 * documentation, "Change data feed").
 *
 * <p>The feed has the images of rows, not changes: what a version took away (a delete, an update's preimage) and what it
 * added (an insert, an update's postimage). Two of one key in one version are an update, whether they come from deletion
 * vectors or from somebody's UPDATE. The images come from Spark in an order in which the two are neighbours, so nothing
 * is kept but one.
 */
final class ChangeFeed implements Iterator<TableChange> {
    private static final Set<String> OF_FEED = Set.of(FeedImages.CHANGE, FeedImages.VERSION, FeedImages.TIMESTAMP);

    private final Iterator<org.apache.spark.sql.Row> images;
    private final RowColumns columns;
    private final List<String> key;

    /** An image that was read to see whether it belongs to the one before it. */
    private @Nullable Image ahead;

    /** @param feed what {@link FeedImages} reads */
    ChangeFeed(Dataset<org.apache.spark.sql.Row> feed, List<String> key) {
        this.key = key;
        columns = new RowColumns(new StructType(Arrays.stream(feed.schema().fields())
                .filter(field -> !OF_FEED.contains(field.name()))
                .toArray(StructField[]::new)));
        Column added = functions.col(FeedImages.CHANGE).isin("insert", "update_postimage");
        List<Column> order = new ArrayList<>();
        order.add(functions.col(FeedImages.VERSION));
        key.forEach(column -> order.add(RowColumns.column(column)));
        order.add(added);
        List<Column> selected = new ArrayList<>(List.of(
                functions.col(FeedImages.VERSION), functions.unix_millis(functions.col(FeedImages.TIMESTAMP)), added));
        selected.addAll(columns.selected());
        images = feed.orderBy(order.toArray(Column[]::new))
                .select(selected.toArray(Column[]::new))
                .toLocalIterator();
    }

    @Override
    public boolean hasNext() {
        return ahead != null || images.hasNext();
    }

    @Override
    public TableChange next() {
        Image image = ahead != null ? ahead : read();
        ahead = null;
        if (image.added()) {
            return change(image, new ChangeEvent.RowCreated(image.timestampMillis(), image.row()));
        }
        if (images.hasNext()) {
            Image following = read();
            if (following.added() && isSameRow(image, following)) {
                return change(
                        image,
                        new ChangeEvent.RowUpdated(image.timestampMillis(), Optional.of(image.row()), following.row()));
            }
            ahead = following;
        }
        return change(image, new ChangeEvent.RowDeleted(image.timestampMillis(), Optional.of(image.row())));
    }

    /** A row as a version found it or left it. */
    private record Image(long version, long timestampMillis, boolean added, Row row) {}

    private Image read() {
        if (!images.hasNext()) {
            throw new NoSuchElementException("no more changes");
        }
        org.apache.spark.sql.Row image = images.next();
        return new Image(image.getLong(0), image.getLong(1), image.getBoolean(2), columns.row(image, 3));
    }

    private boolean isSameRow(Image one, Image other) {
        return one.version() == other.version()
                && key.stream().allMatch(column -> value(one, column).equals(value(other, column)));
    }

    private static Value value(Image image, String column) {
        return Optional.ofNullable(image.row().columns().get(column)).orElseThrow();
    }

    private static TableChange change(Image image, ChangeEvent event) {
        return new TableChange(image.version(), event);
    }
}
