package cdf.lake;

import cdf.change.SequencePath;
import cdf.change.TableSchema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.representer.Representer;
import org.yaml.snakeyaml.resolver.Resolver;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * What goes into the apply engine, and what must come of it: one file of {@code conformance}, in YAML whose values are
 * all text or null. A file has these fields, every one of them but {@code sequenceBy}, {@code learned} and {@code stops}:
 *
 * <ul>
 *   <li>{@code description}, {@code schema} and {@code key};
 *   <li>{@code sequenceBy}: where the number is that orders changes; rows then have {@code _sequence}, too;
 *   <li>{@code learned}: says that the table follows the schemas of its events, and has this one at the end;
 *   <li>{@code stops}: what the last batch says when it cannot be applied whole;
 *   <li>{@code batches}: of each batch its records, with {@code partition} (0 if absent), {@code key} and {@code value}
 *       (see {@link ScenarioFields#bytes}; null if absent); offsets count up by themselves;
 *   <li>{@code rows}: the table at the end, as {@link TableContents} writes it, in any order;
 *   <li>{@code feed}: of each batch its changes, in any order: {@code insert}, {@code delete} or {@code update} with
 *       {@code before} and {@code after};
 *   <li>{@code deadLetters}, by partition and offset: {@code partition}, {@code offset}, {@code reason}, {@code column}
 *       if one is at fault;
 *   <li>{@code accounting}: of each batch {@code read}, {@code applied}, {@code superseded}, {@code ignored}, {@code
 *       deadLettered}, each 0 if absent.
 * </ul>
 */
record Scenario(
        String description,
        TableSchema schema,
        Optional<SequencePath> sequenceBy,
        Optional<TableSchema> learned,
        Optional<String> stops,
        List<List<ConsumerRecord<byte[], byte[]>>> batches,
        List<Map<String, @Nullable String>> rows,
        List<List<RowChange>> feed,
        List<DeadLetter> deadLetters,
        List<Accounting> accounting) {
    Scenario {
        if (feed.size() != batches.size() || accounting.size() != batches.size()) {
            throw new IllegalArgumentException(batches.size() + " batches, but the feed of " + feed.size()
                    + " and the accounting of " + accounting.size());
        }
    }

    /** A dead letter, but for the record in it. */
    record DeadLetter(
            int partition,
            long offset,
            String reason,
            @Nullable String column) {}

    /** The table's columns at the end. */
    TableSchema finalSchema() {
        return learned.orElse(schema);
    }

    static Scenario read(String yaml) {
        Object document = yaml().load(yaml);
        Topic topic = new Topic();
        return ScenarioFields.read(
                "scenario",
                document,
                fields -> new Scenario(
                        fields.text("description"),
                        TableSchema.parse(fields.text("schema"), fields.text("key")),
                        fields.has("sequenceBy")
                                ? Optional.of(SequencePath.parse(fields.text("sequenceBy")))
                                : Optional.empty(),
                        fields.has("learned")
                                ? Optional.of(TableSchema.parse(fields.text("learned"), fields.text("key")))
                                : Optional.empty(),
                        fields.has("stops") ? Optional.of(fields.text("stops")) : Optional.empty(),
                        fields.lists(
                                "batches",
                                sent -> topic.send(
                                        (int) sent.number("partition", 0), sent.bytes("key"), sent.bytes("value"))),
                        fields.list("rows", ScenarioFields::row),
                        fields.lists("feed", Scenario::readChange),
                        fields.list("deadLetters", Scenario::readDeadLetter),
                        fields.list("accounting", Scenario::readAccounting)));
    }

    private static RowChange readChange(ScenarioFields fields) {
        if (fields.has("insert")) {
            return new RowChange.Insert(fields.row("insert"));
        }
        if (fields.has("delete")) {
            return new RowChange.Delete(fields.row("delete"));
        }
        Function<ScenarioFields, RowChange> images =
                update -> new RowChange.Update(update.row("before"), update.row("after"));
        return ScenarioFields.read("update", fields.value("update"), images);
    }

    private static DeadLetter readDeadLetter(ScenarioFields fields) {
        return new DeadLetter(
                Integer.parseInt(fields.text("partition")),
                Long.parseLong(fields.text("offset")),
                fields.text("reason"),
                fields.has("column") ? fields.text("column") : null);
    }

    private static Accounting readAccounting(ScenarioFields fields) {
        return new Accounting(
                fields.number("read", 0),
                fields.number("applied", 0),
                fields.number("superseded", 0),
                fields.number("ignored", 0),
                fields.number("deadLettered", 0));
    }

    private static Yaml yaml() {
        LoaderOptions loading = new LoaderOptions();
        loading.setAllowDuplicateKeys(false);
        DumperOptions dumping = new DumperOptions();
        Resolver onlyNulls = new Resolver() {
            @Override
            protected void addImplicitResolvers() {
                addImplicitResolver(Tag.NULL, Pattern.compile("null"), "n");
                addImplicitResolver(Tag.MERGE, Pattern.compile("<<"), "<");
            }
        };
        return new Yaml(new SafeConstructor(loading), new Representer(dumping), dumping, loading, onlyNulls);
    }
}
