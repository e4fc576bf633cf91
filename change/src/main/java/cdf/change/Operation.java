package cdf.change;

import java.util.Optional;

/** The kinds of change event, with the letters that Debezium's envelope gives them. */
public enum Operation {
    CREATE("c"),
    UPDATE("u"),
    DELETE("d"),
    READ("r"),
    TRUNCATE("t"),
    MESSAGE("m");

    private final String letter;

    Operation(String letter) {
        this.letter = letter;
    }

    /** The value of the envelope's {@code op} field. */
    public String letter() {
        return letter;
    }

    /** The operation of a letter; empty when no operation has it. */
    public static Optional<Operation> ofLetter(String letter) {
        for (Operation operation : values()) {
            if (operation.letter.equals(letter)) {
                return Optional.of(operation);
            }
        }
        return Optional.empty();
    }
}
