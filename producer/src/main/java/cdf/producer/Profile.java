package cdf.producer;

/** How a pace spreads its events over time; the average is the same for all. */
public enum Profile {
    /** Every event as long after the one before it. */
    STEADY,

    /** Of every 10 seconds, 2 at five times the pace, then a pause. */
    BURST,

    /** From nothing to twice the pace within a minute, evenly, and then again. */
    RAMP
}
