package cdf.generator;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A user's name, with its JSON at hand: encoded once, written millions of times. */
public final class Name {
    private static final List<String> FIRST_NAMES = List.of(
            "Aïcha", "Amara", "Ana", "Anders", "Björn", "Carlos", "Chloé", "Daniel", "Elif", "Emma", "Fatima", "Grace",
            "Hana", "Ivan", "Jens", "José", "Jürgen", "Kofi", "Lea", "Liam", "Łukasz", "María", "Mateo", "Mei", "Mia",
            "Noah", "Olga", "Priya", "Renée", "Ryō", "Sofia", "Søren", "Tariq", "Uma", "Víctor", "Wei", "Yuki", "Zoë");
    private static final List<String> LAST_NAMES = List.of(
            "Abe",
            "Ahmed",
            "Andersson",
            "Brown",
            "Chen",
            "Costa",
            "Díaz",
            "Dubois",
            "Evans",
            "Fernández",
            "García",
            "Hansen",
            "Ivanova",
            "Jansen",
            "Jones",
            "Kaya",
            "Kim",
            "Kowalski",
            "Kumar",
            "López",
            "Mensah",
            "Müller",
            "Nguyễn",
            "Novák",
            "O'Brien",
            "Okafor",
            "Peña",
            "Rossi",
            "Sánchez",
            "Sato",
            "Silva",
            "Şahin",
            "Smith",
            "Tanaka",
            "Vargas",
            "Weiß",
            "Yılmaz",
            "Živković");

    /** Every first name with every last name, in an order that the events of a seed depend on. */
    static final List<Name> ALL = combine();

    private final int index;
    private final String text;
    private final byte[] idToBalance;

    private Name(int index, String text) {
        this.index = index;
        this.text = text;
        String json = String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text));
        this.idToBalance = "\",\"%s\":\"%s\",\"%s\":"
                .formatted(UsersTable.NAME, json, UsersTable.BALANCE)
                .getBytes(StandardCharsets.UTF_8);
    }

    private static List<Name> combine() {
        List<Name> names = new ArrayList<>();
        for (String first : FIRST_NAMES) {
            for (String last : LAST_NAMES) {
                names.add(new Name(names.size(), first + " " + last));
            }
        }
        return List.copyOf(names);
    }

    public String text() {
        return text;
    }

    /** The name's place in {@link #ALL}. */
    int index() {
        return index;
    }

    /** What lies between the id and the balance in a row's JSON, in UTF-8: {@code ","name":"…","balance":}. */
    byte[] idToBalance() {
        return idToBalance;
    }

    @Override
    public String toString() {
        return text;
    }
}
