package cdf.dashboard;

/**
 * How the pipeline is, in plain words.
 *
 * @param sinceMillis since when it is so
 * @param text one sentence
 * @param advice what to do about it; empty if there is nothing to do
 */
record Health(State state, long sinceMillis, String text, String advice) {
    enum State {
        STARTING(Level.BUSY),
        TOPIC_MISSING(Level.BUSY),
        EMPTY(Level.GOOD),
        IDLE(Level.GOOD),
        HEALTHY(Level.GOOD),
        BEHIND(Level.WARNING),
        STALLED(Level.BAD),
        BROKER_AWAY(Level.BAD),
        DIFFERENT(Level.BAD),
        ENDED(Level.BUSY),
        FAILED(Level.BAD);

        private final Level level;

        State(Level level) {
            this.level = level;
        }

        Level level() {
            return level;
        }
    }

    /** How much a state should worry those who look. */
    enum Level {
        GOOD,
        BUSY,
        WARNING,
        BAD
    }
}
